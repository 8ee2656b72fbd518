import { describe, expect, it } from 'vitest'
import { job, second, World } from '../../../../test/kit/reconcile-world.ts'

describe('service jobs', () => {
  it('are replaced when their node is gone [R101, W8]', () => {
    const world = new World(job({ Type: 'service', Count: 2 }), [{ units: 2 }, { units: 2 }])
    world.step()
    const [gone] = world.nodes
    if (gone) gone.isConnected = false
    world.nowNs = second
    const plan = world.step()
    expect(plan.changes.map(({ after }) => after.FailureClass)).toEqual(['lost'])
    expect(plan.starts.map((e) => e.NodeID)).toEqual(['n-1'])
  })
})
