import { describe, expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { jobSpec } from '../../test/kit/job-spec.ts'
import { Waiting } from './waiting.ts'

let made = 0
const job = (change: Partial<JobSpec> = {}): Job => ({
  ...jobSpec(change),
  ID: `j-${++made}` as JobId,
  State: { StateType: 'Queued' },
  Version: 1,
  Revision: 1,
  CreateTime: 0n,
  ModifyTime: 0n,
  VersionTime: BigInt(made),
})
const heads = (jobs: readonly Job[], isPeculiar = false): JobId[] => {
  const waiting = new Waiting()
  for (const one of jobs) waiting.add(one, 'room', isPeculiar)
  return waiting.heads(false).map(({ jobId }) => jobId)
}

describe('jobs that wait for room', () => {
  it('are woken one per shape when any of them would do [L4]', () => {
    const [first, second] = [job(), job()]
    expect(heads([first, second])).toEqual([first.ID])
  })

  it.each([
    ['run on every node', { Type: 'ops' }],
    ['run on every node that comes', { Type: 'daemon' }],
    ['have a limit per node', { MaxPerNode: 1 }],
  ] as const)('are all woken when they %s, because the first may be there already [L1]', (_what, change) => {
    const [first, second] = [job(change), job(change)]
    expect(heads([first, second])).toEqual([first.ID, second.ID])
  })

  it('are all woken when nodes have refused them [L1]', () => {
    const [first, second] = [job(), job()]
    expect(heads([first, second], true)).toEqual([first.ID, second.ID])
  })
})
