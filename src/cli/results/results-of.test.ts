import { expect, it } from 'vitest'
import type { ShownExecution } from '#api/decode/execution.ts'
import type { Client } from '#client/client.ts'
import { listed } from '#client/listed.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import type { Cli } from '../command.ts'
import { ownerOf, resultsOf, thatCount } from './results-of.ts'

const execution = (ID: string, PartitionIndex: number, CreateTime: bigint, StateType: ComputeStateName) =>
  partOf<ShownExecution>({ ID, PartitionIndex, CreateTime, ComputeState: { StateType } })

it('of a partition that was tried again the attempt counts that completed, else the last', () => {
  const executions = [
    execution('completed-at-last', 0, 3n, 'Completed'),
    execution('failed-first', 0, 1n, 'Failed'),
    execution('failed-last', 1, 9n, 'Failed'),
    execution('failed-before', 1, 8n, 'Failed'),
    execution('only', 2, 4n, 'Completed'),
    execution('given-up-later', 2, 5n, 'AskForBidRejected'),
  ]
  expect(thatCount(executions).map(({ ID }) => ID)).toEqual(['completed-at-last', 'failed-last', 'only'])
})

it('results come in the order of their partitions, also where one was tried again and came last', async () => {
  const publishedBy = (ID: string, PartitionIndex: number) =>
    partOf<ShownExecution>({ ID, PartitionIndex, PublishedResult: { Type: 'link', Params: { ExecutionID: ID } } })
  const executions = [publishedBy('e-0', 0), publishedBy('e-2', 2), publishedBy('e-1', 1)]
  const page = <Item>(Items: Item[]) => listed(async () => ({ NextToken: '', Items }))
  const jobs = partOf<Client['jobs']>({
    results: () => page(executions.flatMap(({ PublishedResult }) => PublishedResult ?? [])),
    executions: () => page(executions),
  })
  const cli = partOf<Cli>({ client: async () => partOf<Client>({ jobs }) })
  expect((await resultsOf('j-1', {}, cli)).map(({ execution }) => execution?.ID)).toEqual(['e-0', 'e-1', 'e-2'])
})

it('signed addresses belong to the execution whose objects they are, also of a managed bucket, where nothing else names it', () => {
  const published = (ID: string, Type: string, Params: object) =>
    partOf<ShownExecution>({ ID, PublishedResult: { Type, Params } })
  const executions = [
    published('e-1', 's3managed', { JobID: 'j-1', ExecutionID: 'e-1' }),
    published('e-2', 's3managed', { JobID: 'j-1', ExecutionID: 'e-2' }),
    published('e-3', 's3', { Bucket: 'b', Key: 'x.tar.gz' }),
  ]
  const plain = { Bucket: 'b', Key: 'plain/', Region: '' }
  executions.push(published('e-4', 's3', plain))
  expect(ownerOf({ Type: 's3', Params: { ...plain, Objects: [{ Key: 'plain/a' }] } }, executions)?.ID).toBe('e-4')
  expect(ownerOf({ Type: 'ipfs', Params: { CID: 'c' } }, executions)).toBeUndefined()
  const signed = (PreSignedURL: string, SourceSpec: object, more = {}) =>
    ownerOf({ Type: 's3PreSigned', Params: { PreSignedURL, SourceSpec, ...more } }, executions)?.ID
  const nowhere = { Bucket: '', Key: '' }
  expect(signed('https://s3.test/b/j-1/e-2.tar.gz?X-Amz-Expires=60', nowhere, { Managed: true })).toBe('e-2')
  expect(signed('https://s3.test/b/j-1/e-5.tar.gz', nowhere, { Managed: true })).toBeUndefined()
  expect(signed('https://s3.test/b/x.tar.gz', { Bucket: 'b', Key: 'x.tar.gz' })).toBe('e-3')
})
