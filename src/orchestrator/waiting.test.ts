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

  it('tell who stood behind one that a node has just refused: the room was not for that one [L4]', () => {
    const waiting = new Waiting()
    const [first, second] = [job(), job()]
    for (const each of [first, second]) expect(waiting.add(each, 'room', false)).toBeUndefined()
    const left = waiting.add(first, 'room', true)
    expect(waiting.next(left ?? '').map(({ jobId }) => jobId)).toEqual([second.ID])
    expect(waiting.add(first, 'room', true)).toBeUndefined()
  })

  it('are all woken when nodes have refused them [L1]', () => {
    const [first, second] = [job(), job()]
    expect(heads([first, second], true)).toEqual([first.ID, second.ID])
  })
})

describe('jobs that wait for another node', () => {
  it('cost one look per shape when a node changes, and none when room is freed [L4, W28]', () => {
    const waiting = new Waiting()
    const inZone = (zone: string): Partial<JobSpec> => ({
      Constraints: [{ Key: 'zone', Operator: '=', Values: [zone] }],
    })
    const [a, b] = ['a', 'b'].map((zone) => Array.from({ length: 5_000 }, () => job(inZone(zone)))) as [Job[], Job[]]
    for (const one of [...a, ...b]) waiting.add(one, 'nodes', false)
    expect(waiting.heads(false)).toEqual([])
    expect(waiting.heads(true).map(({ jobId }) => jobId)).toEqual([a[0]?.ID, b[0]?.ID])
  })

  it('wait for room, all of a shape, once a look at one of them says that room would do', () => {
    const waiting = new Waiting()
    const [first, second] = [job(), job({ Priority: 5 })]
    waiting.add(first, 'nodes', false)
    waiting.add(second, 'room', false)
    expect(waiting.heads(false).map(({ jobId }) => jobId)).toEqual([second.ID])
    expect(waiting.next(waiting.remove(second.ID) ?? '').map(({ jobId }) => jobId)).toEqual([first.ID])
    waiting.add(first, 'nodes', false)
    expect(waiting.heads(false)).toEqual([])
  })
})
