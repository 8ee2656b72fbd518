import { describe, expect, it } from 'vitest'
import { amount, nodeState } from '../../../test/kit/reconcile-world.ts'
import { disconnectedNode, heardNode, toldNode, unheardNode } from './node-states.ts'

describe('a node when the orchestrator starts', () => {
  const state = nodeState('n-1', amount(1), {})

  it('is cut off since then when it was connected', () => {
    const { ConnectionState } = unheardNode(state, 50n)
    expect(ConnectionState).toMatchObject({ Status: 'DISCONNECTED', DisconnectedSince: 50n })
  })

  it('is cut off as long as it was before, so that LostAfter does not begin anew [W8]', () => {
    const before = disconnectedNode(state, 'heartbeat timeout', 20n)
    expect(unheardNode(before, 50n)).toEqual(before)
  })

  it('that has no compute part is never cut off', () => {
    const requester = { ...state, Info: { ...state.Info, NodeType: 'Requester' as const } }
    expect(unheardNode(requester, 50n)).toEqual(requester)
  })
})

describe('a heartbeat', () => {
  const state = nodeState('n-1', amount(4), {})
  const beat = { NodeID: state.Info.NodeID, LinkID: 'l', AvailableCapacity: amount(4), QueueUsedCapacity: amount(0) }
  const { Info } = heardNode(state, beat, 1n)

  it('that says what the one before said changes only when the node was heard, and costs no memory', () => {
    const heard = heardNode({ ...state, Info }, beat, 2n)
    expect(heard.Info).toBe(Info)
    expect(heard.ConnectionState).toEqual({ ...state.ConnectionState, LastHeartbeat: 2n })
  })

  it.each([
    [{ AvailableCapacity: amount(3) }, { AvailableCapacity: amount(3) }],
    [{ QueueUsedCapacity: amount(1) }, { QueueCapacity: amount(1) }],
    [{ RunningExecutions: 2 }, { RunningExecutions: 2 }],
    [{ EnqueuedExecutions: 3 }, { EnqueuedExecutions: 3 }],
  ])('that tells %j is kept as %j', (news, kept) => {
    const heard = heardNode({ ...state, Info }, { ...beat, ...news }, 2n)
    expect(heard.Info.ComputeNodeInfo).toEqual({ ...Info.ComputeNodeInfo, ...kept })
  })
})

describe('what a node tells of itself', () => {
  const state = nodeState('n-1', amount(4), {})
  const withEngines = (ExecutionEngines: string[]) => ({
    ...state.Info,
    ComputeNodeInfo: { ...state.Info.ComputeNodeInfo!, ExecutionEngines },
  })

  it('counts as another offer from then on when it decides which jobs it takes, and not when it says the same again', () => {
    const without = toldNode(state, withEngines([]), 20n)
    expect(without.OfferedSince).toBe(20n)
    expect(toldNode(without, withEngines([]), 30n).OfferedSince).toBe(20n)
    expect(toldNode(state, structuredClone(state.Info), 20n).OfferedSince).toBeUndefined()
  })
})
