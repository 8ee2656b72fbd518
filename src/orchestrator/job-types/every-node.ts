import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import { fitsInto } from '#models/resources.ts'
import { needOf } from '../placement/need.ts'
import { type Match, matchNodes } from '../placement/place.ts'
import type { Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'
import { newExecution } from './new-execution.ts'

/** Starts one execution on every matching node that `wants` one. Nodes that are full for the moment are waited for. */
export const startOnNodes = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  wants: (attempts: readonly Execution[]) => boolean,
): Match => {
  const need = needOf(snapshot.job, snapshot.defaultResources)
  const match = matchNodes(snapshot, need)
  const byNode = Map.groupBy(executions, (execution) => execution.NodeID)
  const attemptsOn = (nodeId: NodeId): Execution[] => byNode.get(nodeId) ?? []
  for (const { node, free } of match.candidates) {
    const attempts = attemptsOn(node.id)
    if (!wants(attempts) || !fitsInto(need, free)) continue
    plan.starts.push({
      ...newExecution(snapshot, node.id, 0, need, attempts),
      DesiredState: { StateType: 'Running' },
    })
  }
  const full = match.rejected.filter((rejected) => rejected.isBusy && wants(attemptsOn(rejected.node.id)))
  if (full.length > 0) {
    plan.waitsFor = 'room'
    plan.unplaced = full.length
  }
  return match
}
