import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ComputeStateName, isTerminalExecution } from '#models/execution-state.ts'
import type { FailureClass } from '#models/job.ts'
import { fitsInto } from '#models/resources.ts'
import { job, second, World } from '../../../test/kit/reconcile-world.ts'

describe('whatever happens', () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat(7),
      state: fc.constantFrom<ComputeStateName>('Completed', 'Failed', 'Cancelled', 'AskForBidRejected'),
      failure: fc.constantFrom<FailureClass>('transient', 'node', 'user', 'lost'),
    }),
    fc.record({ kind: fc.constant('flip' as const), node: fc.nat(3) }),
    fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant('stop' as const) }),
  )
  const worlds = fc.record({
    type: fc.constantFrom('batch' as const, 'ops' as const, 'daemon' as const, 'service' as const),
    count: fc.integer({ min: 0, max: 6 }),
    units: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 4 }),
    events: fc.array(event, { maxLength: 25 }),
  })

  it('a node is never promised more than it has, a partition has one holder, and a plan leaves nothing to plan [I3, I5, I8]', () => {
    fc.assert(
      fc.property(worlds, ({ type, count, units, events }) => {
        const world = new World(
          job({ Type: type, Count: count }),
          units.map((u) => ({ units: u })),
        )
        for (const each of [{ kind: 'time' as const, seconds: 0 }, ...events]) {
          if (each.kind === 'end') world.end(each.index, each.state, each.state === 'Failed' ? each.failure : '')
          if (each.kind === 'time') world.nowNs += BigInt(each.seconds) * second
          if (each.kind === 'stop' && ['Pending', 'Queued', 'Running'].includes(world.job.State.StateType))
            world.job = { ...world.job, State: { StateType: 'Stopped' } }
          if (each.kind === 'flip') {
            const node = world.nodes[each.node]
            if (node) node.isConnected = !node.isConnected
          }
          const isEnded = ['Completed', 'Failed', 'Stopped'].includes(world.job.State.StateType)
          const plan = world.step()
          if (isEnded) expect(plan.starts).toEqual([])
          for (const { state, capacity } of world.nodes)
            expect(fitsInto(world.used(state.Info.NodeID), capacity)).toBe(true)
          if (type === 'batch' || type === 'service') {
            const held = world.executions.filter(
              (e) => !isTerminalExecution(e.ComputeState.StateType) && e.DesiredState.StateType !== 'Stopped',
            )
            expect(new Set(held.map((e) => e.PartitionIndex)).size).toBe(held.length)
          }
          const again = world.plan()
          expect({ starts: again.starts, changes: again.changes }).toEqual({ starts: [], changes: [] })
        }
      }),
      { numRuns: 300 },
    )
  })
})
