import { describe, expect, it } from 'vitest'
import { load } from '#config/load.ts'
import type { JobType } from '#models/job.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { jobDefaultsOf } from '#node/part-settings.ts'
import { completed } from './spec.ts'

/** The publisher that a job of this type has at last. */
const publisherOf = (settings: Record<string, string>, Type: JobType, task: object = {}) => {
  const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }))
  const defaults = jobDefaultsOf(load({ side: 'node', home: '/home/none', pairs }).settings)
  const parts = { orchestratorId: 'n-1', publicKey: undefined, instanceId: undefined, defaults }
  const draft = { Type, Tasks: [{ Name: 'main', Engine: { Type: 'noop' }, ...task }] }
  const spec = normalizeJob(draft as never, { defaultNetwork: 'None' })
  return completed(parts, { spec, isForced: false, naming: 'versioned', warnings: [] }).Tasks[0]?.Publisher
}
const ResultPaths = [{ Name: 'out', Path: '/out' }]

describe('the default publisher', () => {
  it.each([
    ['local', { Type: 'local' }],
    ['link', { Type: 'link' }],
    ['s3managed', { Type: 's3managed' }],
    ['s3://b/{jobID}', { Type: 's3', Params: { Bucket: 'b', Key: '{jobID}', Endpoint: '', Region: '' } }],
  ])(
    'is what DefaultPublisher: %s says, for batch and ops jobs that name none [R131]',
    (DefaultPublisher, publisher) => {
      for (const type of ['batch', 'ops'] as const) {
        expect(publisherOf({ DefaultPublisher }, type)).toEqual(publisher)
        expect(publisherOf({ DefaultPublisher }, type, { ResultPaths })).toEqual(publisher)
      }
      expect(publisherOf({ DefaultPublisher }, 'batch', { Publisher: { Type: 'ipfs' } })).toMatchObject({
        Type: 'ipfs',
      })
      expect(publisherOf({ DefaultPublisher }, 'service')).toEqual({ Type: '' })
    },
  )

  it('is by type what JobDefaults says, which counts more', () => {
    const settings = { DefaultPublisher: 'link', 'JobDefaults.Ops.Task.Publisher.Type': 'local' }
    expect(publisherOf(settings, 'ops', { ResultPaths })).toMatchObject({ Type: 'local' })
    expect(publisherOf(settings, 'batch', { ResultPaths })).toEqual({ Type: 'link' })
  })

  it('is missed where there is none and result paths need one', () => {
    expect(publisherOf({}, 'batch')).toEqual({ Type: '' })
    const text = 'task main validation failed: publisher must be set if result paths are set'
    expect(() => publisherOf({}, 'batch', { ResultPaths })).toThrow(text)
    expect(() => publisherOf({ DefaultPublisher: 'link' }, 'service', { ResultPaths })).toThrow(text)
  })

  it('is read when the node starts', () => {
    expect(() => publisherOf({ DefaultPublisher: 'ftp' }, 'batch')).toThrow('unknown publisher type: ftp')
  })
})
