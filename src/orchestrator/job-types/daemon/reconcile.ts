import { checkBy, emptyPlan } from '../../plan.ts'
import { announceRetry } from '../announce-retry.ts'
import { finishEnded, stopOldVersions } from '../ending.ts'
import { startOnNodes } from '../every-node.ts'
import type { Reconcile } from '../job-type.ts'
import { retryOf } from '../retry.ts'
import { isLive, loseUnreachable } from '../stop-executions.ts'

/** On every node that matches, also on those that come later, until stopped. */
export const reconcileDaemon: Reconcile = (snapshot) => {
  const plan = emptyPlan(false)
  const all = loseUnreachable(snapshot, plan)
  if (finishEnded(snapshot, plan, all)) return plan
  const executions = stopOldVersions(snapshot, plan, all)
  startOnNodes(snapshot, plan, executions, (attempts) => {
    if (attempts.some(isLive)) return false
    const retry = retryOf(snapshot, attempts)
    announceRetry(snapshot, plan, attempts, retry)
    if (retry.kind === 'later') checkBy(plan, retry.at)
    return retry.kind === 'now'
  })
  const isRunning = plan.starts.length > 0 || executions.some(isLive)
  if (isRunning && snapshot.job.State.StateType !== 'Running') plan.jobState = { StateType: 'Running' }
  plan.waitsFor ??= 'nodes'
  return plan
}
