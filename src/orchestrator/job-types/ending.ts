import type { Execution } from '#models/execution.ts'
import { mainTask } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { defaultStopGraceSeconds, executionTimeoutOf, type Task } from '#models/task.ts'
import { jobFailed, jobTimedOut, stopTexts } from '../events.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'
import { isLive, stopExecution } from './stop-executions.ts'

const secondNs = 1_000_000_000n
/** What a node's report may take on its way. */
const reportNs = 5n * secondNs
/** What a program that starts with its job may start later. */
const startNs = secondNs

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

/**
 * TotalTimeout of batch and ops jobs, counted from the start of this version. True when it is over: nothing starts any more. What its
 * node ends at this time is heard before the job is failed, with what it has left; all else is stopped.
 */
export const failIfTooLong = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): boolean => {
  const { job, nowNs } = snapshot
  const task = mainTask(job)
  const timeout = task.Timeouts.TotalTimeout ?? 0n
  if (timeout <= 0n) return false
  const endsAt = job.VersionTime + timeout * secondNs
  if (nowNs < endsAt) {
    checkBy(plan, endsAt)
    return false
  }
  const giveUpAt = endsAt + startNs + stopNs(task)
  const isAwaited = (execution: Execution) => nowNs < giveUpAt && isEndedByNode(task, execution, endsAt)
  const event = jobTimedOut(nowNs, timeout)
  const others = executions.filter((execution) => !isAwaited(execution))
  stopAll(plan, others, event.Message, nowNs)
  if (others.length < executions.length) checkBy(plan, giveUpAt)
  else plan.jobState = { StateType: 'Failed', Message: event.Message, event }
  return true
}

/** A node keeps the time limit of what it runs, counted from its start: of what started with the job it is over with the job's. */
const isEndedByNode = (task: Task, execution: Execution, endsAt: bigint): boolean => {
  const { StartTime, DesiredState } = execution
  if (!isLive(execution) || DesiredState.StateType === 'Stopped' || StartTime === 0n) return false
  return StartTime + executionTimeoutOf(task) * secondNs <= endsAt + startNs
}

/** How long a program may go on after it was asked to stop, and the way of the report. */
const stopNs = ({ StopGrace = defaultStopGraceSeconds }: Task): bigint => BigInt(StopGrace) * secondNs + reportNs

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
