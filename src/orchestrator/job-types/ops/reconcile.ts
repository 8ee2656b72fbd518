import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution } from '#models/execution-state.ts'
import type { Placement } from '../../placement/place.ts'
import { noMatchOf } from '../../placement/shortage.ts'
import { checkBy, emptyPlan, type Plan } from '../../plan.ts'
import { queueEnd } from '../../queue-end.ts'
import type { Snapshot } from '../../snapshot.ts'
import { announceRetry } from '../announce-retry.ts'
import { queueJob } from '../counted.ts'
import { failIfTooLong, failJob, finishEnded, stopOldVersions } from '../ending.ts'
import { startOnNodes } from '../every-node.ts'
import type { Reconcile } from '../job-type.ts'
import { stopOverdue } from '../leave-node.ts'
import { checkRetry, retryOf } from '../retry.ts'
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
    checkRetry(plan, retry)
    retriesLater ||= retry.kind === 'later'
    return retry.kind === 'now'
  })
  if (executions.length === 0 && plan.starts.length === 0) findNone(snapshot, plan, placement)
  else if (plan.starts.length > 0 || retriesLater || executions.some(isLive)) goOn(snapshot, plan, executions)
  else waitOrEnd(snapshot, plan, executions, placement)
  return plan
}

/** There is no node to begin with. */
const findNone = (snapshot: Snapshot, plan: Plan, placement: Placement): void => {
  if (!plan.waitsFor && snapshot.isSettling) {
    plan.waitsFor = 'nodes'
    return
  }
  const { message, details } = noMatchOf(placement)
  if (plan.waitsFor) queueJob(snapshot, plan, message)
  else failJob(snapshot, plan, [], message, details)
}

const goOn = ({ job }: Snapshot, plan: Plan, executions: readonly Execution[]): void => {
  if (job.State.StateType !== 'Running') plan.jobState = { StateType: 'Running' }
  if (executions.some(({ FailureClass }) => FailureClass === 'lost')) plan.waitsFor ??= 'nodes'
}

/** Nothing of it is under way: there are nodes that may yet take it, or how the last attempt on each node ended is how the job ends. */
const waitOrEnd = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  { asksAgainAt }: Placement,
): void => {
  const giveUpAt = queueEnd(snapshot.job, executions)
  if (asksAgainAt.length > 0 && giveUpAt !== undefined) {
    checkBy(plan, giveUpAt)
    plan.waitsFor ??= 'nodes'
  }
  if (!plan.waitsFor) end(snapshot, plan, executions)
}

const end = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): void => {
  const last = [...new Map(executions.map((execution) => [execution.NodeID, execution])).values()]
  const failed = last.filter((execution) => execution.ComputeState.StateType !== 'Completed')
  if (failed.length === 0) {
    plan.jobState = { StateType: 'Completed' }
    return
  }
  const cause = failed.find((execution) => execution.ComputeState.Message)?.ComputeState.Message
  const line = `Job failed because one or more executions failed (${failed.length} of ${last.length})`
  failJob(snapshot, plan, executions, [cause, line].filter((text) => text).join('\n'))
}
