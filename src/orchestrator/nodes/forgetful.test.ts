import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Heartbeat } from '#models/messages/messages.ts'
import { type Resources } from '#models/resources.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { amount, nodeState } from '../../../test/kit/reconcile-world.ts'
import { Awake } from './awake.ts'
import { ForgetfulNodes, type Had, processText, readProcess } from './forgetful.ts'

const waitMs = 1_000
const id = 'n-1' as NodeId
const had = (revision: number): Had => new Map([['e-1' as ExecutionId, revision]])

/** A node with four slots that is heard of at these moments, with what it says is free; the revision of what it has is the time. */
function heard(...beats: { atMs: number; free: number; queued?: number; isNew?: boolean; protocols?: string[] }[]) {
  let nowMs = 0
  const clock = { nowNs: () => BigInt(nowMs) * 1_000_000n, monotonicMs: () => nowMs } as Clock
  nowMs = -10 * waitMs
  const nodes = new ForgetfulNodes(clock, waitMs, new Awake(clock, 100 * waitMs), () => had(nowMs))
  for (const { atMs, free, queued = 0, isNew = false, protocols = ['ncl/v1'] } of beats) {
    nowMs = atMs
    const state = nodeState(id, amount(4), {})
    const used: Resources = amount(queued)
    const beat: Heartbeat = { NodeID: id, LinkID: '', AvailableCapacity: amount(free), QueueUsedCapacity: used }
    nodes.hear({ ...state, Info: { ...state.Info, SupportedProtocols: protocols } }, { ...beat, IsNewProcess: isNew })
  }
  /** What it had at the signs that are over. */
  const dueAt = (atMs: number): Had[] => {
    nowMs = atMs
    return nodes.due().flatMap(([, signs]) => signs.map((sign) => sign.had))
  }
  return { nodes, dueAt }
}

describe('a Go node', () => {
  it('that has nothing to do, and should not have, is none of them', () => {
    const clock = partOf<Clock>({ nowNs: () => 0n, monotonicMs: () => performance.now() })
    const nodes = new ForgetfulNodes(clock, -1, new Awake(clock, waitMs), () => new Map())
    const state = nodeState(id, amount(4), {})
    const beat = { NodeID: id, LinkID: '', AvailableCapacity: amount(4), QueueUsedCapacity: amount(0) }
    nodes.hear({ ...state, Info: { ...state.Info, SupportedProtocols: ['ncl/v1'] } }, { ...beat, IsNewProcess: true })
    nodes.restarted(id, 'a', new Map())
    expect(nodes.due()).toEqual([])
  })

  it('whose process names itself is waited for once for each, also when it says so again', () => {
    const { nodes, dueAt } = heard()
    nodes.restarted(id, 'a', had(7))
    dueAt(600)
    nodes.restarted(id, 'a', had(9))
    expect(dueAt(1_001)).toEqual([had(7)])
    nodes.restarted(id, 'b', had(9))
    expect(dueAt(1_001)).toEqual([])
    expect(dueAt(2_002)).toEqual([had(9)])
  })

  it('that has said for long enough that it has nothing to do has forgotten what it had when that began [W33]', () => {
    const { dueAt } = heard({ atMs: 100, free: 4 }, { atMs: 900, free: 4 })
    expect(dueAt(1_100)).toEqual([])
    expect(dueAt(1_101)).toEqual([had(100)])
  })

  it('that could not be heard while the orchestrator was frozen has as long as ever after that', () => {
    const { dueAt } = heard({ atMs: 100, free: 4 })
    expect(dueAt(200_000)).toEqual([])
    expect(dueAt(201_000)).toEqual([])
    expect(dueAt(201_001)).toHaveLength(1)
  })

  it('that has had something to do in between has not', () => {
    for (const busy of [{ free: 3 }, { free: 4, queued: 1 }]) {
      const { dueAt } = heard({ atMs: 100, free: 4 }, { atMs: 500, ...busy }, { atMs: 900, free: 4 })
      expect(dueAt(1_500)).toEqual([])
    }
  })

  it('whose process is another one has forgotten what it has not told of since, also when it is busy', () => {
    const { dueAt, nodes } = heard({ atMs: 100, free: 0 }, { atMs: 300, free: 0, isNew: true }, { atMs: 900, free: 0 })
    expect(dueAt(1_300)).toEqual([])
    expect(dueAt(1_301)).toEqual([had(300)])
    for (const [, signs] of nodes.due()) nodes.settle(id, signs)
    expect(dueAt(5_000)).toEqual([])
  })

  it('that goes on having nothing to do shows that anew when it is dealt with', () => {
    const { dueAt, nodes } = heard({ atMs: 100, free: 4 })
    expect(dueAt(1_101)).toEqual([had(100)])
    for (const [, signs] of nodes.due()) nodes.settle(id, signs)
    expect(dueAt(9_000)).toEqual([])
  })

  it('that fell silent says nothing any more, and the sign of its restart stays', () => {
    const idle = heard({ atMs: 100, free: 4 })
    idle.nodes.silent(id)
    expect(idle.dueAt(5_000)).toEqual([])
    const restarted = heard({ atMs: 100, free: 4, isNew: true })
    restarted.nodes.silent(id)
    expect(restarted.dueAt(5_000)).toEqual([had(100)])
    restarted.nodes.removed(id)
    expect(restarted.dueAt(5_000)).toEqual([])
  })

  it('is none when it speaks our protocol: our nodes keep what they are given', () => {
    expect(heard({ atMs: 100, free: 4, isNew: true, protocols: ['bac/v1'] }).dueAt(5_000)).toEqual([])
  })
})

describe('what is stored of a process', () => {
  it('is read as it was written, also as it was written before', () => {
    const process = { processId: 'a b', had: had(7) }
    expect(readProcess(processText(process), [])).toEqual(process)
    expect(readProcess(undefined, [])).toBeUndefined()
    const live = [5n, 6n].map((ModifyTime, i) => partOf<Execution>({ ID: `e-${i + 1}`, ModifyTime, Revision: i + 7 }))
    expect(readProcess('false 6 a b', live)).toEqual(process)
    expect(readProcess('true 6 a b', live)).toEqual({ ...process, had: new Map() })
  })
})
