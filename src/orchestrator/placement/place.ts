import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { isEligible, type Refusal, refusalOf } from './filter.ts'
import { labelsOf, preferenceOf } from './labels.ts'
import type { Candidate } from './rank.ts'
import { troubleByNode } from './trouble.ts'

type Rejected = Refusal & { node: NodeView }
export type Match = { candidates: Candidate[]; rejected: Rejected[] }

/** Splits the eligible nodes into those that can take an execution now and those that cannot, with the reason. */
export const matchNodes = (snapshot: Snapshot, need: Resources): Match => {
  const { job } = snapshot
  const ownVersion = snapshot.executions.filter((execution) => execution.JobVersion === job.Version)
  const declined = new Set(
    ownVersion.filter((e) => e.ComputeState.StateType === 'AskForBidRejected').map((e) => e.NodeID),
  )
  const own = countByNode(ownVersion.filter((e) => !isTerminalExecution(e.ComputeState.StateType)))
  const trouble = troubleByNode(snapshot.executions, snapshot.nowNs)
  const prefers = preferenceOf(job)
  const match: Match = { candidates: [], rejected: [] }
  for (const node of snapshot.nodes) {
    if (!isEligible(node)) continue
    const ownExecutions = own.get(node.id) ?? 0
    const refusal = declined.has(node.id)
      ? { rule: 'declined' as const, reason: 'job rejected', isBusy: false }
      : (refusalOf(job, need, node) ?? limitRefusal(ownExecutions, job.MaxPerNode ?? 0))
    if (refusal) match.rejected.push({ node, ...refusal })
    else {
      match.candidates.push({
        node,
        free: node.free,
        ownExecutions,
        trouble: trouble.get(node.id) ?? 0,
        isPreferred: prefers(labelsOf(node.state)),
        tieBreaker: snapshot.chance(),
      })
    }
  }
  return match
}

const limitRefusal = (ownExecutions: number, maxPerNode: number): Refusal | undefined => {
  if (maxPerNode === 0 || ownExecutions < maxPerNode) return undefined
  const reason = `already runs ${ownExecutions} of at most ${maxPerNode} executions of this job`
  return { rule: 'max-per-node', reason, isBusy: true }
}

const countByNode = (executions: readonly Execution[]): Map<NodeId, number> => {
  const counts = new Map<NodeId, number>()
  for (const { NodeID } of executions) counts.set(NodeID, (counts.get(NodeID) ?? 0) + 1)
  return counts
}
