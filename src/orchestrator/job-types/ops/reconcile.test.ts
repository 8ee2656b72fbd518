import { describe, expect, it } from 'vitest'
import { job, World } from '../../../../test/kit/reconcile-world.ts'
import { jobTypeRules } from '../index.ts'

describe('ops jobs', () => {
  it('run once on every matching node and complete when all have [R99]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }, { units: 1 }])
    expect(world.step().starts.length).toBe(3)
    for (let n = 0; n < 3; n++) world.end(0, 'Completed')
    expect(world.step().jobState?.StateType).toBe('Completed')
  })

  it('fail with the cause when one of them fails [W14, W40, W45]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }])
    world.step()
    world.end(0, 'Completed')
    world.end(0, 'AskForBidRejected')
    expect(world.step().jobState).toMatchObject({
      StateType: 'Failed',
      Message: 'it AskForBidRejected\nJob failed because one or more executions failed (1 of 2)',
    })
  })

  it('run again where a node lost them, but not what may start once only', () => {
    for (const [Delivery, starts, end] of [
      ['AtLeastOnce', 1, 'Completed'],
      ['AtMostOnce', 0, 'Failed'],
    ] as const) {
      const world = new World(job({ Type: 'ops', Delivery }), [{ units: 1 }, { units: 1 }])
      world.step()
      world.executions = world.executions.map((execution) => ({ ...execution, StartTime: 1n }))
      world.end(0, 'Completed')
      world.end(0, 'Failed', 'lost')
      const plan = world.step()
      expect(plan.starts.map(({ NodeID }) => NodeID)).toEqual(['n-1'].slice(0, starts))
      if (starts > 0) world.end(0, 'Completed')
      expect((starts > 0 ? world.step() : plan).jobState?.StateType).toBe(end)
    }
  })

  it('try again on its own node what failed, as the retry policy says, and complete when that went well [R104]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }])
    world.step()
    world.end(0, 'Completed')
    world.end(0, 'Failed', 'node')
    const plan = world.step()
    expect(plan).toMatchObject({
      starts: [],
      changes: [{ event: { Message: expect.stringMatching(/^Attempt 1 of 2/) } }],
    })
    expect(world.job.State.StateType).toBe('Running')
    world.nowNs = plan.checkAt ?? 0n
    expect(world.step().starts.map(({ NodeID, Attempt }) => [NodeID, Attempt])).toEqual([['n-1', 2]])
    world.end(0, 'Completed')
    expect(world.step().jobState?.StateType).toBe('Completed')
  })

  it('fail when a node is tried as often as the policy says, and at once where the user is to blame [F2]', () => {
    const ofClass = (failure: 'user' | 'transient', Attempts: number): (string | undefined)[] => {
      const world = new World(job({ Type: 'ops', Reschedule: { Attempts } }), [{ units: 1 }])
      const seen: (string | undefined)[] = []
      for (let attempt = 0; attempt < Attempts && seen.at(-1) !== 'Failed'; attempt++) {
        world.step()
        world.end(0, 'Failed', failure)
        const { checkAt = world.nowNs } = world.step()
        seen.push(world.job.State.StateType)
        world.nowNs = checkAt
      }
      return seen
    }
    expect(ofClass('transient', 3)).toEqual(['Running', 'Running', 'Failed'])
    expect(ofClass('user', 3)).toEqual(['Failed'])
  })

  it('wait for nodes that are still on their way after a restart, and are woken by the first [L4]', () => {
    const world = new World(job({ Type: 'ops' }), [])
    const plan = jobTypeRules.ops({ ...world.snapshot(), isSettling: true })
    expect(plan).toMatchObject({ starts: [], waitsFor: 'nodes' })
    expect(plan.jobState).toBeUndefined()
  })

  it('wait for a node that is gone as long as others work, and run there again when it is back [W8, L3]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }])
    world.step()
    const [gone] = world.nodes
    if (gone) gone.isConnected = false
    expect(world.step()).toMatchObject({ starts: [], waitsFor: 'nodes' })
    if (gone) gone.isConnected = true
    expect(world.step().starts.map(({ NodeID, Attempt }) => [NodeID, Attempt])).toEqual([['n-0', 2]])
  })
})
