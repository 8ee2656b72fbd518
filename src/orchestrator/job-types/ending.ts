import type { Execution } from '#models/execution.ts'
import { mainTask } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { jobFailed, jobTimedOut, stopTexts } from '../events.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'
import { isLive, stopExecution } from './stop-executions.ts'

const secondNs = 1_000_000_000n
/** The node enforces execution timeouts itself and comes first; the job's clock follows a moment later. */
const graceNs = 500_000_000n

export const stopAll = (plan: Plan, executions: readonly Execution[], text: string, now: bigint): void => {
  for (const execution of executions) if (isLive(execution)) stopExecution(plan, execution, text, now)
}

/** An ended job has nothing left to run. */
export const finishEnded = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): boolean => {
  if (!isTerminalJob(snapshot.job.State.StateType)) return false
  const text = snapshot.job.State.StateType === 'Stopped' ? stopTexts.jobStopped : stopTexts.extra
  stopAll(plan, executions, text, snapshot.nowNs)
  return true
}

export const failJob = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  message: string,
  details?: Record<string, string>,
): void => {
  const event = jobFailed(snapshot.nowNs, message, details)
  plan.jobState = { StateType: 'Failed', Message: message, event }
  plan.starts = []
  delete plan.waitsFor
  stopAll(plan, executions, stopTexts.jobFailed, snapshot.nowNs)
}

/** TotalTimeout of batch and ops jobs, counted from the start of this version. True when the job has been failed. */
export const failIfTooLong = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): boolean => {
  const timeout = mainTask(snapshot.job).Timeouts.TotalTimeout ?? 0n
  if (timeout <= 0n) return false
  const endsAt = snapshot.job.VersionTime + timeout * secondNs
  const hasLive = executions.some(isLive)
  if (snapshot.nowNs < (hasLive ? endsAt + graceNs : endsAt)) {
    checkBy(plan, hasLive ? endsAt + graceNs : endsAt)
    return false
  }
  const event = jobTimedOut(snapshot.nowNs, timeout)
  plan.jobState = { StateType: 'Failed', Message: event.Message, event }
  stopAll(plan, executions, event.Message, snapshot.nowNs)
  return true
}

/** Executions of earlier versions make room for the present one. */
export const stopOldVersions = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): Execution[] => {
  const isCurrent = (execution: Execution): boolean => execution.JobVersion === snapshot.job.Version
  stopAll(
    plan,
    executions.filter((execution) => !isCurrent(execution)),
    stopTexts.jobUpdated,
    snapshot.nowNs,
  )
  return executions.filter(isCurrent)
}
