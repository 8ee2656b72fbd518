import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSelector, type Matcher } from '#lib/selector/match.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { LabelSelectorRequirement } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import { fitsInto } from '#models/resources.ts'
import { amount, nodeState } from '../../../test/kit/reconcile-world.ts'
import type { NodeView } from '../snapshot.ts'
import { NodeTable } from './node-table.ts'

const slots = 4
const nodeAt = (place: number, labels: Record<string, string> = {}): NodeState =>
  nodeState(`n-${place}`, amount(slots), labels)

const executionAt = (index: number, node: number, StateType: Execution['ComputeState']['StateType']): Execution => {
  const execution: Partial<Execution> = {
    ID: `e-${index}` as ExecutionId,
    JobID: `j-${index % 3}` as JobId,
    NodeID: `n-${node}` as NodeId,
    AllocatedResources: { Tasks: { main: amount(1) } },
    DesiredState: { StateType: 'Running' },
    ComputeState: { StateType },
  }
  return execution as Execution
}

const askable = ({ Key, Operator, Values }: LabelSelectorRequirement): LabelSelectorRequirement => {
  if (Operator === 'exists' || Operator === '!') return { Key, Operator, Values: [] }
  if (Operator === 'gt') return { Key, Operator, Values: ['1'] }
  return { Key, Operator, Values: Operator.endsWith('in') ? (Values ?? []) : (Values ?? []).slice(0, 1) }
}
const matchedBy =
  (matches: Matcher) =>
  ({ state }: NodeView): boolean =>
    matches(state.Info.Labels)

describe('the node table', () => {
  const where = fc.nat(5)
  const value = fc.constantFrom('a', 'b', '1', '2')
  const labels = fc.dictionary(fc.constantFrom('zone', 'disk'), value, { noNullPrototype: true })
  const constraint = fc.record({
    Key: fc.constantFrom('zone', 'disk', 'gpu'),
    Operator: fc.constantFrom('in', 'notin', '=', '!=', 'exists', '!', 'gt'),
    Values: fc.array(value, { minLength: 1, maxLength: 2 }),
  })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), node: where, isConnected: fc.boolean(), labels }),
    fc.record({ kind: fc.constant('remove' as const), node: where }),
    fc.record({ kind: fc.constant('look' as const) }),
    fc.record({ kind: fc.constant('start' as const), node: where }),
    fc.record({ kind: fc.constant('stop' as const), index: fc.nat(30) }),
    fc.record({ kind: fc.constant('end' as const), index: fc.nat(30) }),
  )

  it('shows placement what a table made anew from the same rows would, whatever changed in between [I3, W36]', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(constraint, { maxLength: 3 }), (steps, constraints) => {
        const table = new NodeTable()
        const states = new Map<NodeId, NodeState>()
        const executions: Execution[] = []
        for (const each of steps) {
          if (each.kind === 'put') {
            const state = nodeAt(each.node, each.labels)
            state.ConnectionState.Status = each.isConnected ? 'CONNECTED' : 'DISCONNECTED'
            states.set(state.Info.NodeID, state)
            table.put(state)
          }
          if (each.kind === 'remove') {
            const { NodeID } = nodeAt(each.node).Info
            states.delete(NodeID)
            table.remove(NodeID)
          }
          if (each.kind === 'look') table.views()
          if (each.kind === 'start') {
            const view = table.views().find(({ id }) => id === `n-${each.node}`)
            if (!view || !fitsInto(amount(1), view.free)) continue
            const execution = executionAt(executions.length, each.node, 'New')
            executions.push(execution)
            table.track(execution)
          }
          if ((each.kind === 'end' || each.kind === 'stop') && executions.length > 0) {
            const index = each.index % executions.length
            const changed = { ...(executions[index] as Execution) }
            if (each.kind === 'end') changed.ComputeState = { StateType: 'Completed' }
            else changed.DesiredState = { StateType: 'Stopped' }
            executions[index] = changed
            table.track(changed)
          }
        }
        const live = executions.filter((e) => !isTerminalExecution(e.ComputeState.StateType))
        const anew = new NodeTable()
        anew.load([...states.values()], live)
        expect(table.views()).toEqual(anew.views())
        for (const { JobID } of executions) {
          const isWanted = (e: Execution) => e.JobID === JobID && e.DesiredState.StateType !== 'Stopped'
          expect(table.isAtWork(JobID)).toBe(live.some(isWanted))
        }
        expect(table.isAnyAway).toBe(table.views().some(({ isConnected }) => !isConnected))
        const asked = constraints.map(askable)
        const matches = compileSelector(asked)
        const near = table.viewsNear(asked)
        expect(near.filter(matchedBy(matches))).toHaveLength(table.views().filter(matchedBy(matches)).length)
        if (asked.length === 1 && asked[0]?.Operator === '=') expect(near.every(matchedBy(matches))).toBe(true)
        for (const { id, free } of table.views())
          expect(free.CPU).toBe(amount(slots).CPU - live.filter((e) => e.NodeID === id).length * amount(1).CPU)
      }),
      { numRuns: 300 },
    )
  })

  it('makes anew only the view of the node that changed', () => {
    const table = new NodeTable()
    table.load(
      [0, 1, 2].map((place) => nodeAt(place)),
      [],
    )
    const before = [...table.views()]
    table.track(executionAt(0, 1, 'New'))
    const isSame = table.views().map((view, i) => view === before[i])
    expect(isSame).toEqual([true, false, true])
  })
})
