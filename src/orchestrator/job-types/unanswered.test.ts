import { describe, expect, it } from 'vitest'
import type { JobType } from '#models/job.ts'
import { job, second, World } from '../../../test/kit/reconcile-world.ts'

const text = 'Execution stop requested because its node does not say whether it takes it'

/** At a Go node, and later there is one of ours. */
const onGoNode = (change: Parameters<typeof job>[0] = {}): World => {
  const world = new World(job(change), [{ units: 1 }, { units: 1 }])
  world.nodes[1]!.isConnected = false
  world.nodes[0]!.state.Info.SupportedProtocols = ['ncl/v1']
  world.nowNs = 10n * second
  world.step()
  expect(world.executions.map(({ NodeID }) => NodeID)).toEqual(['n-0'])
  world.nodes[1]!.isConnected = true
  return world
}

describe('an execution that a connected Go node was asked for', () => {
  it('is lost when the node says nothing to it in time, and goes elsewhere', () => {
    const world = onGoNode()
    expect(world.step()).toMatchObject({ changes: [], checkAt: 130n * second })
    world.nowNs = 130n * second
    const { changes, starts } = world.step()
    expect(changes).toMatchObject([
      { isCancelSent: true, after: { FailureClass: 'lost', ComputeState: { StateType: 'Failed', Message: text } } },
    ])
    expect(starts.map(({ NodeID, Attempt }) => [NodeID, Attempt])).toEqual([['n-1', 2]])
  })

  it('is not begun elsewhere when it must not run twice', () => {
    const world = onGoNode({ Delivery: 'AtMostOnce' })
    world.nowNs = 130n * second
    expect(world.step().starts).toEqual([])
  })

  it.each(['daemon', 'service', 'ops'] as JobType[])('of a job of type %s as well', (Type) => {
    const world = onGoNode({ Type })
    world.nowNs = 130n * second
    expect(world.step().changes.map(({ after }) => after.ComputeState.Message)).toEqual([text])
  })

  it('is waited for anew when the node was away meanwhile', () => {
    const world = onGoNode()
    world.nodes[0]!.state.ConnectionState.ConnectedSince = 100n * second
    world.nowNs = 130n * second
    expect(world.step()).toMatchObject({ changes: [], checkAt: 220n * second })
  })

  it('is waited for anew when the orchestrator was frozen meanwhile', () => {
    const world = onGoNode()
    world.awakeSince = 110n * second
    world.nowNs = 130n * second
    expect(world.step()).toMatchObject({ changes: [], checkAt: 230n * second })
  })

  it('stays as soon as the node has said anything, and with a node of ours, which keeps what it has taken', () => {
    const taken = onGoNode()
    taken.executions = taken.executions.map((each) => ({ ...each, ComputeState: { StateType: 'BidAccepted' } }))
    const ours = new World(job(), [{ units: 1 }])
    ours.step()
    for (const world of [taken, ours]) {
      world.nowNs = 1_000n * second
      expect(world.step().changes).toEqual([])
    }
  })
})
