import { isDiscardedExecution } from '#models/execution-state.ts'
import { noMatchOf } from '../../placement/shortage.ts'
import { checkBy, emptyPlan } from '../../plan.ts'
import { queueEnd } from '../../queue-end.ts'
import { announceRetry } from '../announce-retry.ts'
import { queueJob } from '../counted.ts'
import { failIfTooLong, failJob, finishEnded, stopOldVersions } from '../ending.ts'
import { startOnNodes } from '../every-node.ts'
import type { Reconcile } from '../job-type.ts'
import { stopOverdue } from '../leave-node.ts'
import { retryOf } from '../retry.ts'
import { isLive, loseUnreachable } from '../stop-executions.ts'

/** Once on every node that matches; done when all of them are. What fails is tried again on its own node, as the retry policy says. */
export const reconcileOps: Reconcile = (snapshot) => {
  const plan = emptyPlan(false)
  const all = loseUnreachable(snapshot, plan)
  if (finishEnded(snapshot, plan, all)) return plan
  const executions = stopOverdue(snapshot, plan, stopOldVersions(snapshot, plan, all))
  if (failIfTooLong(snapshot, plan, executions)) return plan
  let retriesLater = false
  const placement = startOnNodes(snapshot, plan, executions, (attempts) => {
    const last = attempts.at(-1)
    if (last && !isDiscardedExecution(last.ComputeState.StateType)) return false
    const retry = retryOf(snapshot, attempts)
    announceRetry(snapshot, plan, attempts, retry)
    if (retry.kind === 'later') {
      checkBy(plan, retry.at)
      retriesLater = true
    }
    if (retry.kind === 'now' && retry.until !== undefined) checkBy(plan, retry.until + 1n)
    return retry.kind === 'now'
  })
  if (executions.length === 0 && plan.starts.length === 0) {
    if (plan.waitsFor) queueJob(snapshot, plan, noMatchOf(placement).message)
    else if (snapshot.isSettling) plan.waitsFor = 'nodes'
    else {
      const { message, details } = noMatchOf(placement)
      failJob(snapshot, plan, executions, message, details)
    }
    return plan
  }
  if (plan.starts.length > 0 || retriesLater || executions.some(isLive)) {
    if (snapshot.job.State.StateType !== 'Running') plan.jobState = { StateType: 'Running' }
    if (executions.some(({ FailureClass }) => FailureClass === 'lost')) plan.waitsFor ??= 'nodes'
    return plan
  }
  const giveUpAt = queueEnd(snapshot.job, executions)
  if (placement.asksAgainAt.length > 0 && giveUpAt !== undefined) {
    checkBy(plan, giveUpAt)
    plan.waitsFor ??= 'nodes'
  }
  if (plan.waitsFor) return plan
  const last = [...new Map(executions.map((execution) => [execution.NodeID, execution])).values()]
  const failed = last.filter((execution) => execution.ComputeState.StateType !== 'Completed')
  const cause = failed.find((execution) => execution.ComputeState.Message)?.ComputeState.Message
  if (failed.length === 0) plan.jobState = { StateType: 'Completed' }
  else {
    const line = `Job failed because one or more executions failed (${failed.length} of ${last.length})`
    failJob(snapshot, plan, executions, [cause, line].filter((text) => text).join('\n'))
  }
  return plan
}
