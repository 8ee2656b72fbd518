import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'
import type { Heartbeat } from '#models/messages/messages.ts'
import { type Resources } from '#models/resources.ts'
import { amount, nodeState } from '../../../test/kit/reconcile-world.ts'
import { Awake } from './awake.ts'
import { ForgetfulNodes, processText, readProcess } from './forgetful.ts'

const waitMs = 1_000
const id = 'n-1' as NodeId

/** A node with four slots that is heard of at these moments, with what it says is free. */
function heard(...beats: { atMs: number; free: number; queued?: number; isNew?: boolean; protocols?: string[] }[]) {
  let nowMs = 0
  const clock = { nowNs: () => BigInt(nowMs) * 1_000_000n, monotonicMs: () => nowMs } as Clock
  nowMs = -10 * waitMs
  const nodes = new ForgetfulNodes(clock, waitMs, new Awake(clock, 100 * waitMs))
  for (const { atMs, free, queued = 0, isNew = false, protocols = ['ncl/v1'] } of beats) {
    nowMs = atMs
    const state = nodeState(id, amount(4), {})
    const used: Resources = amount(queued)
    const beat: Heartbeat = { NodeID: id, LinkID: '', AvailableCapacity: amount(free), QueueUsedCapacity: used }
    nodes.hear({ ...state, Info: { ...state.Info, SupportedProtocols: protocols } }, { ...beat, IsNewProcess: isNew })
  }
  return { nodes, dueAt: (atMs: number) => ((nowMs = atMs), nodes.due(() => true)) }
}

describe('a Go node', () => {
  it('that has nothing to do, and should not have, is none of them', () => {
    const { nodes, dueAt } = heard({ atMs: 100, free: 4 })
    expect(dueAt(5_000)).toHaveLength(1)
    expect(nodes.due(() => false)).toEqual([])
  })

  it('whose process names itself is waited for once for each, also when it says so again', () => {
    const { nodes, dueAt } = heard()
    const first = { processId: 'a', ns: 7n }
    nodes.restarted(id, first)
    dueAt(600)
    nodes.restarted(id, { ...first, ns: 9n })
    expect(dueAt(1_001)).toEqual([[id, 7n]])
    expect([readProcess(processText({ ...first, isSettled: true })), readProcess('')]).toEqual([
      { ...first, isSettled: true },
      undefined,
    ])
  })

  it('that has said for long enough that it has nothing to do has forgotten what it had when that began [W33]', () => {
    const { dueAt } = heard({ atMs: 100, free: 4 }, { atMs: 900, free: 4 })
    expect(dueAt(1_100)).toEqual([])
    expect(dueAt(1_101)).toEqual([[id, 100_000_000n]])
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
    expect(dueAt(1_301)).toEqual([[id, 300_000_000n]])
    nodes.settle(id)
    expect(dueAt(5_000)).toEqual([])
  })

  it('that fell silent says nothing any more, and the sign of its restart stays', () => {
    const idle = heard({ atMs: 100, free: 4 })
    idle.nodes.silent(id)
    expect(idle.dueAt(5_000)).toEqual([])
    const restarted = heard({ atMs: 100, free: 4, isNew: true })
    restarted.nodes.silent(id)
    expect(restarted.dueAt(5_000)).toEqual([[id, 100_000_000n]])
    restarted.nodes.removed(id)
    expect(restarted.dueAt(5_000)).toEqual([])
  })

  it('is none when it speaks our protocol: our nodes keep what they are given', () => {
    expect(heard({ atMs: 100, free: 4, isNew: true, protocols: ['bac/v1'] }).dueAt(5_000)).toEqual([])
  })
})
