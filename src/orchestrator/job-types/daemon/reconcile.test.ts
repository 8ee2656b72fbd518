import { describe, expect, it } from 'vitest'
import { amount, job, nodeState, World } from '../../../../test/kit/reconcile-world.ts'

describe('daemon jobs', () => {
  it('follow a node that comes later, and never complete [R100]', () => {
    const world = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    world.step()
    world.nodes.push({ state: nodeState('n-9', amount(1), {}), capacity: amount(1), isConnected: true })
    const plan = world.step()
    expect(plan.starts.map((e) => e.NodeID)).toEqual(['n-9'])
    expect(plan.waitsFor).toBe('nodes')
    expect(world.job.State.StateType).toBe('Running')
  })
})
