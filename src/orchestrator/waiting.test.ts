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
const room = { waitsFor: 'room', isPeculiar: false, mark: 0 } as const
const heads = (jobs: readonly Job[], isPeculiar = false): JobId[] => {
  const waiting = new Waiting()
  for (const one of jobs) waiting.add(one, { ...room, isPeculiar })
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

  it('are asked in their turn: by priority, then by who came first, however they began to wait [W25, W31]', () => {
    const sized = (CPU: string, change: Partial<JobSpec> = {}) =>
      job({ ...change, Tasks: jobSpec().Tasks.map((task) => ({ ...task, Resources: { CPU } })) })
    const [early, late, urgent] = [sized('4'), sized('1'), sized('2', { Priority: 5 })]
    expect(heads([late, urgent, early])).toEqual([urgent.ID, early.ID, late.ID])
  })

  it('tell who stood behind one that a node has just refused: the room was not for that one [L4]', () => {
    const waiting = new Waiting()
    const [first, second] = [job(), job()]
    for (const each of [first, second]) expect(waiting.add(each, room)).toBeUndefined()
    const left = waiting.add(first, { ...room, isPeculiar: true })
    expect(waiting.next(left ?? '').map(({ jobId }) => jobId)).toEqual([second.ID])
    expect(waiting.add(first, { ...room, isPeculiar: true })).toBeUndefined()
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
    for (const one of [...a, ...b]) waiting.add(one, { ...room, waitsFor: 'nodes' })
    expect(waiting.heads(false)).toEqual([])
    expect(waiting.heads(true).map(({ jobId }) => jobId)).toEqual([a[0]?.ID, b[0]?.ID])
  })

  it('wait for room, all of a shape, once a look at one of them says that room would do', () => {
    const waiting = new Waiting()
    const [first, second] = [job(), job({ Priority: 5 })]
    waiting.add(first, { ...room, waitsFor: 'nodes' })
    waiting.add(second, room)
    expect(waiting.heads(false).map(({ jobId }) => jobId)).toEqual([second.ID])
    expect(waiting.next(waiting.remove(second.ID) ?? '').map(({ jobId }) => jobId)).toEqual([first.ID])
    waiting.add(first, { ...room, waitsFor: 'nodes' })
    expect(waiting.heads(false)).toEqual([])
  })
})

describe('what was tried for a job that waits', () => {
  it('was tried for those like it that came later, not for those whose turn is before [B3n]', () => {
    const waiting = new Waiting()
    const [first, second, urgent] = [job(), job(), job({ Priority: 5 })]
    expect(waiting.triedAt(first, false)).toBeUndefined()
    waiting.add(first, { ...room, mark: 7 })
    waiting.add(second, { ...room, mark: 9 })
    const other = job({ Constraints: [{ Key: 'zone', Operator: '=', Values: ['a'] }] })
    expect([first, second, urgent, other].map((each) => waiting.triedAt(each, false))).toEqual([
      7,
      7,
      undefined,
      undefined,
    ])
    expect(waiting.triedAt(second, true)).toBeUndefined()
    waiting.remove(first.ID)
    waiting.add(second, { ...room, mark: 12 })
    expect([second, first].map((each) => waiting.triedAt(each, false))).toEqual([12, undefined])
  })
})
