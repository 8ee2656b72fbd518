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

  it('say in the history that their program ended, where no other line does [F2]', () => {
    const world = new World(job({ Type: 'service' }), [{ units: 1 }])
    world.step()
    world.end(0, 'Failed', 'transient')
    const ComputeState = { StateType: 'Failed' as const, Message: 'execution completed unexpectedly' }
    world.executions = world.executions.map((execution) => ({ ...execution, ComputeState }))
    expect(world.step().changes.map(({ event }) => event?.Message)).toEqual([
      expect.stringMatching(
        /^Attempt 1 of 2 failed \(transient\): execution completed unexpectedly, the next follows in /,
      ),
    ])
  })
})
