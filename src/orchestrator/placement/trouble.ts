import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'

/** After so long a failure counts half. */
const halfLifeNs = 600_000_000_000

/** How much what happened so long ago still counts; 0…1. */
export const weightAt = (ageNs: bigint): number => 2 ** (-Math.max(0, Number(ageNs)) / halfLifeNs)

/**
 * How many failures of a job are held against each node: recent ones count whole, older ones less and less, so that a node
 * is as good as any other some time later. What the job itself is to blame for is not held against a node.
 */
export const troubleByNode = (executions: readonly Execution[], nowNs: bigint): ReadonlyMap<NodeId, number> => {
  const weights = new Map<NodeId, number>()
  for (const { NodeID, ComputeState, FailureClass, ModifyTime } of executions) {
    if (ComputeState.StateType !== 'Failed' || FailureClass === 'user') continue
    weights.set(NodeID, (weights.get(NodeID) ?? 0) + weightAt(nowNs - ModifyTime))
  }
  return new Map([...weights].map(([nodeId, weight]) => [nodeId, Math.round(weight)]))
}
