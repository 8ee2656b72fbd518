import { partitionCount } from '#models/job.ts'
import { stopTexts } from '../../events.ts'
import { emptyPlan } from '../../plan.ts'
import { partitionsOf, runIfAccepted, startMissing, stopExtras } from '../counted.ts'
import { failIfTooLong, finishEnded, stopAll, stopOldVersions } from '../ending.ts'
import type { Reconcile } from '../job-type.ts'
import { stopOverdue } from '../leave-node.ts'
import { loseUnreachable } from '../stop-executions.ts'

/** On demand, on a chosen number of nodes, until each partition has succeeded once. */
export const reconcileBatch: Reconcile = (snapshot) => {
  const plan = emptyPlan(true)
  const all = loseUnreachable(snapshot, plan)
  if (finishEnded(snapshot, plan, all)) return plan
  const executions = stopOverdue(snapshot, plan, stopOldVersions(snapshot, plan, all))
  const isDone = ({ attempts }: { attempts: typeof executions }): boolean =>
    attempts.some((attempt) => attempt.ComputeState.StateType === 'Completed')
  const done = partitionsOf(snapshot, executions).filter(isDone).length
  if (done === partitionCount(snapshot.job)) {
    plan.jobState = { StateType: 'Completed' }
    stopAll(plan, executions, stopTexts.extra, snapshot.nowNs)
    return plan
  }
  if (failIfTooLong(snapshot, plan, executions)) return plan
  stopExtras(snapshot, plan, executions)
  startMissing(snapshot, plan, executions, isDone)
  runIfAccepted(snapshot, plan, executions)
  return plan
}
