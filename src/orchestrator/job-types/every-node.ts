import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import { gpuNamer } from '../placement/gpus.ts'
import { Placement } from '../placement/place.ts'
import { reserveEach } from '../placement/reservation.ts'
import { checkByAny, type Plan } from '../plan.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { isUneven, needAfter } from './more-memory.ts'
import { newExecution } from './new-execution.ts'

/** Starts one execution on every matching node that `wants` one. Nodes that are full for the moment are waited for. */
export const startOnNodes = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  wants: (attempts: readonly Execution[]) => boolean,
): Placement => {
  const placement = new Placement(snapshot, needAfter(snapshot, []))
  const placements = new Map([[placement.need.Memory, placement]])
  const placementAfter = (attempts: readonly Execution[]): Placement => {
    const need = needAfter(snapshot, attempts)
    const known = placements.get(need.Memory) ?? new Placement(snapshot, need)
    placements.set(need.Memory, known)
    return known
  }
  const byNode = Map.groupBy(executions, (execution) => execution.NodeID)
  const attemptsOn = (nodeId: NodeId): Execution[] => byNode.get(nodeId) ?? []
  const named = gpuNamer(snapshot.job)
  const busy: NodeView[] = []
  for (const node of placement.near) {
    const attempts = attemptsOn(node.id)
    const own = isUneven(snapshot.job, attempts) ? placementAfter(attempts) : placement
    if (own.canTake(node)) {
      if (wants(attempts)) plan.starts.push(startOn(snapshot, node.id, named(node, own.need), attempts))
    } else if (own.isBusy(node) && wants(attempts)) busy.push(node)
  }
  const { asksAgainAt } = placement
  checkByAny(plan, asksAgainAt)
  plan.unplaced = busy.length + asksAgainAt.length
  if (busy.length > 0) {
    plan.waitsFor = 'room'
    reserveEach(
      snapshot,
      plan,
      placement.need,
      busy.filter((node) => placement.isFull(node)),
    )
  }
  return placement
}

/** Where it goes is settled, so the node is not asked whether it would. */
const startOn = (snapshot: Snapshot, nodeId: NodeId, need: Resources, attempts: readonly Execution[]): Execution => ({
  ...newExecution(snapshot, nodeId, 0, need, attempts),
  DesiredState: { StateType: 'Running' },
})
