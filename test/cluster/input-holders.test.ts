import { expect, it } from 'vitest'
import type { Storage } from '#contracts/storage.ts'
import { yes } from '#contracts/verdict.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

/** Has everything, in no time. */
const storage: Storage = {
  types: ['s3'],
  isInstalled: async () => yes,
  isLocal: async () => false,
  sizeBytes: async () => 0,
  prepare: async (input, { directory }) => ({
    input,
    hostPath: directory,
    kind: 'directory',
    guestPath: input.Target,
    isReadOnly: true,
  }),
}

it('a job goes where one with the same input has run, as long as there is room', async () => {
  const cluster = started(await startOrchestrator())
  for (const name of ['east', 'west', 'north', 'south']) {
    const engine = new ScriptedEngine('noop', async () => ({ exitCode: 0 }))
    started(await joinCompute(cluster.port, name, { engines: [engine], storages: [storage] }))
  }
  await until('all are connected', async () => {
    const nodes = await cluster.nodes.list()
    return nodes.filter(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED').length === 4
  })
  const nodeOf = async (Key: string) => {
    const InputSources = [{ Source: { Type: 's3', Params: { Bucket: 'b', Key } }, Alias: '', Target: '/in' }]
    const id = await submitSpec(cluster.jobs, { Tasks: jobSpec().Tasks.map((task) => ({ ...task, InputSources })) })
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    return (await cluster.jobs.executions(id))[0]?.NodeID
  }
  const first = await nodeOf('a')
  for (let job = 0; job < 6; job++) expect(await nodeOf('a')).toBe(first)
})
