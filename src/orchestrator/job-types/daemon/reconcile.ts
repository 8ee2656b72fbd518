import type { Execution } from '#models/execution.ts'
import { stopTexts } from '../../events.ts'
import { labelsOf, requiredSelector } from '../../placement/labels.ts'
import { checkBy, emptyPlan, type Plan } from '../../plan.ts'
import type { Snapshot } from '../../snapshot.ts'
import { announceRetry } from '../announce-retry.ts'
import { finishEnded, stopOldVersions } from '../ending.ts'
import { startOnNodes } from '../every-node.ts'
import type { Reconcile } from '../job-type.ts'
import { isDraining } from '../leave-node.ts'
import { retryOf } from '../retry.ts'
import { isLive, loseUnreachable, stopExecution } from '../stop-executions.ts'

/** On every node that matches, also on those that come later, until stopped; it leaves those that match no more. */
export const reconcileDaemon: Reconcile = (snapshot) => {
  const plan = emptyPlan(false)
  const all = loseUnreachable(snapshot, plan)
  if (finishEnded(snapshot, plan, all)) return plan
  const executions = stopOldVersions(snapshot, plan, all)
  leaveNodes(snapshot, plan, executions)
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

/** A full node or one that is cut off still matches: only its labels say that it is not meant, or that it is to be empty. */
const leaveNodes = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): void => {
  const selector = requiredSelector(snapshot.job)
  for (const execution of executions) {
    const node = isLive(execution) ? snapshot.nodes.view(execution.NodeID) : undefined
    if (!node) continue
    if (isDraining(node)) stopExecution(plan, execution, stopTexts.drained, snapshot.nowNs)
    else if (selector && !selector.matches(labelsOf(node.state)))
      stopExecution(plan, execution, stopTexts.unmatched, snapshot.nowNs)
  }
}
