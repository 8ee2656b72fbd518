import { describe, expect, it } from 'vitest'
import { amount, nodeState } from '../../../test/kit/reconcile-world.ts'
import { disconnectedNode, unheardNode } from './node-states.ts'

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
