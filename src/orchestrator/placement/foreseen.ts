import { allocatedOf, type Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { addResources, noResources, type Resources, subtractResources } from '#models/resources.ts'
import type { NodeView, NodeViews, Snapshot } from '../snapshot.ts'

/** The snapshot as it would be once these had been stopped and were gone. */
export const withEnded = (snapshot: Snapshot, stopped: readonly Execution[]): Snapshot => {
  const ids = new Set(stopped.map(({ ID }) => ID))
  const executions = snapshot.executions.map(
    (each): Execution =>
      ids.has(each.ID) && !isTerminalExecution(each.ComputeState.StateType)
        ? { ...each, ComputeState: { StateType: 'Cancelled' }, DesiredState: { StateType: 'Stopped' } }
        : each,
  )
  return { ...snapshot, executions, nodes: withRoom(snapshot.nodes, stopped, addResources) }
}

/** The snapshot as it would be once these had been placed. */
export const withStarted = (snapshot: Snapshot, starts: readonly Execution[]): Snapshot =>
  starts.length === 0
    ? snapshot
    : {
        ...snapshot,
        executions: [...snapshot.executions, ...starts],
        nodes: withRoom(snapshot.nodes, starts, subtractResources),
      }

const withRoom = (
  nodes: NodeViews,
  executions: readonly Execution[],
  change: (free: Resources, amount: Resources) => Resources,
): NodeViews => {
  const byNode = Map.groupBy(executions, ({ NodeID }) => NodeID)
  const changed = (node: NodeView): NodeView => {
    const amounts = (byNode.get(node.id) ?? []).map((execution) => allocatedOf(execution) ?? noResources())
    return amounts.length === 0 ? node : { ...node, free: amounts.reduce(change, node.free) }
  }
  return {
    views: () => nodes.views().map(changed),
    view: (id) => {
      const node = nodes.view(id)
      return node && changed(node)
    },
    viewsNear: (constraints) => nodes.viewsNear(constraints).map(changed),
    troubledAt: (nowNs) => nodes.troubledAt(nowNs),
    holding: (job) => nodes.holding(job),
    reservedFor: (jobId) => nodes.reservedFor(jobId).map(changed),
    lastingOn: (id, before) => nodes.lastingOn(id, before),
  }
}
