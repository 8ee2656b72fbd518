import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { execStop, stopTexts } from '../events.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'

export const isLive = (execution: Execution): boolean => !isTerminalExecution(execution.ComputeState.StateType)

/** Asks the node to stop it. It counts as ended when the node says so, and is not asked twice. Returns it as it will be. */
export const stopExecution = (plan: Plan, before: Execution, text: string, now: bigint): Execution => {
  if (before.DesiredState.StateType === 'Stopped') return before
  const after: Execution = { ...before, DesiredState: { StateType: 'Stopped', Message: text } }
  plan.changes.push({ before, after, event: execStop(now, text), isCancelSent: true })
  return after
}

/** It cannot report any more: ended without a result. The node is told in case it comes back. */
const loseExecution = (plan: Plan, before: Execution, now: bigint): Execution => {
  const text = stopTexts.nodeGone
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: text },
    ComputeState: { StateType: 'Failed', Message: text },
    FailureClass: 'lost',
    ModifyTime: now,
  }
  plan.changes.push({ before, after, event: execStop(now, text), isCancelSent: true })
  return after
}

/** Ends what lives on nodes that are gone for longer than the job allows; others are looked at again in time. */
export const loseUnreachable = (snapshot: Snapshot, plan: Plan): readonly Execution[] => {
  const patienceNs = BigInt(snapshot.job.Disconnect?.LostAfter ?? 0) * 1_000_000_000n
  return snapshot.executions.map((execution) => {
    if (!isLive(execution)) return execution
    const lostAt = lossTime(snapshot, snapshot.nodes.view(execution.NodeID), patienceNs)
    if (lostAt === undefined) return execution
    if (lostAt <= snapshot.nowNs) return loseExecution(plan, execution, snapshot.nowNs)
    checkBy(plan, lostAt)
    return execution
  })
}

/** When an execution on this node counts as lost; undefined = not at all. */
const lossTime = (snapshot: Snapshot, node: NodeView | undefined, patienceNs: bigint): bigint | undefined => {
  if (!node) return snapshot.nowNs
  if (node.isConnected || snapshot.isSettling) return undefined
  return node.disconnectedSince + patienceNs
}
