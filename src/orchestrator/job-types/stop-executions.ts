import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { isOurs } from '#models/node.ts'
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

/** Nothing more is to be heard of it: ended without a result. The node is told in case it has it after all. */
const loseExecution = (plan: Plan, before: Execution, text: string, now: bigint): Execution => {
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

/**
 * Ends what lives on nodes that are gone for longer than the job allows, and what a node was asked for and says nothing
 * to; others are looked at again in time.
 */
export const loseUnreachable = (snapshot: Snapshot, plan: Plan): readonly Execution[] => {
  const patienceNs = BigInt(snapshot.job.Disconnect?.LostAfter ?? 0) * 1_000_000_000n
  return snapshot.executions.map((execution) => {
    if (!isLive(execution)) return execution
    const node = snapshot.nodes.view(execution.NodeID)
    const lostAt = node?.isConnected ? unansweredAt(snapshot, execution, node) : lossTime(snapshot, node, patienceNs)
    if (lostAt === undefined) return execution
    const text = node?.isConnected ? stopTexts.unanswered : stopTexts.nodeGone
    if (lostAt <= snapshot.nowNs) return loseExecution(plan, execution, text, snapshot.nowNs)
    checkBy(plan, lostAt)
    return execution
  })
}

/** When an execution on a node that is not connected counts as lost; undefined = not at all. */
const lossTime = (snapshot: Snapshot, node: NodeView | undefined, patienceNs: bigint): bigint | undefined => {
  if (!node) return snapshot.nowNs
  return snapshot.isSettling ? undefined : node.disconnectedSince + patienceNs
}

/**
 * When nobody believes any more that the node will say something to what it was asked. Nodes of ours keep what they have
 * taken and say so; a Go node may lose it and go on with other work.
 */
const unansweredAt = (
  { answerLimitNs, awakeSince }: Snapshot,
  execution: Execution,
  { state }: NodeView,
): bigint | undefined => {
  const { Info, ConnectionState } = state
  if (isOurs(Info)) return undefined
  if (!['New', 'AskForBid'].includes(execution.ComputeState.StateType)) return undefined
  const sinceAll = [execution.CreateTime, ConnectionState.ConnectedSince, awakeSince]
  return sinceAll.reduce((one, other) => (one > other ? one : other)) + answerLimitNs
}
