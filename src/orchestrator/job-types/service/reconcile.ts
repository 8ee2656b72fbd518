import { partitionCount } from '#models/job.ts'
import { emptyPlan } from '../../plan.ts'
import { runIfAccepted, startMissing, stopExtras } from '../counted.ts'
import { finishEnded, stopOldVersions } from '../ending.ts'
import type { Reconcile } from '../job-type.ts'
import { stopOverdue } from '../leave-node.ts'
import { loseUnreachable } from '../stop-executions.ts'

/** Runs on a chosen number of nodes until stopped; what ends is started again elsewhere, as the retry policy allows. */
export const reconcileService: Reconcile = (snapshot) => {
  const plan = emptyPlan(true)
  const all = loseUnreachable(snapshot, plan)
  if (finishEnded(snapshot, plan, all)) return plan
  const executions = stopOverdue(snapshot, plan, stopOldVersions(snapshot, plan, all))
  if (partitionCount(snapshot.job) === 0) plan.jobState = { StateType: 'Completed' }
  stopExtras(snapshot, plan, executions)
  startMissing(snapshot, plan, executions, () => false)
  runIfAccepted(snapshot, plan, executions)
  return plan
}
