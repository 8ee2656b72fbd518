import type { Execution } from '#models/execution.ts'
import type { Forecast, JobReasons } from '#models/forecast.ts'
import { type Job, mainTask } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { forecastOf } from '../forecast.ts'
import { failedAttempts } from '../job-types/failed-attempts.ts'
import type { Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'

/** Why a job is where it is: the cause first, then its attempts, then the nodes; and what happens next. */
export function reasonsOf(snapshot: Snapshot): JobReasons {
  const { job } = snapshot
  const { plan, forecast } = forecastOf(snapshot)
  const hasEnded = isTerminalJob(job.State.StateType)
  return {
    ...forecast,
    Summary: causeOf(snapshot, forecast, plan),
    JobID: job.ID,
    Version: job.Version,
    State: job.State.StateType,
    Message: job.State.Message ?? '',
    Attempts: failedAttempts(snapshot),
    Next: hasEnded ? `it has ended; to run it again: bacalhau job rerun ${job.ID}` : nextOf(job, plan),
    NextTime: hasEnded ? 0n : (plan.checkAt ?? 0n),
  }
}

const causeOf = (snapshot: Snapshot, forecast: Forecast, plan: Plan): string => {
  const { job, executions } = snapshot
  const wasPlaced = executions.some((execution) => execution.JobVersion === job.Version)
  const said = job.State.Message?.split('\n')[0] ?? ''
  switch (job.State.StateType) {
    case 'Completed':
      return 'it has completed'
    case 'Stopped':
      return said || 'it was stopped'
    case 'Failed':
      return !wasPlaced && forecast.Exclusions.length > 0 ? forecast.Summary : said || forecast.Summary
    default:
      return plan.starts.length === 0 && !plan.waitsFor && wasPlaced ? stillBusy(executions, job) : forecast.Summary
  }
}

const stillBusy = (executions: readonly Execution[], job: Job): string =>
  executions.some((e) => e.JobVersion === job.Version && e.ComputeState.StateType === 'Running')
    ? 'it runs'
    : 'its executions are on their way'

const nextOf = (job: Job, plan: Plan): string => {
  if (plan.starts.length > 0) return 'it is about to start'
  const isQueued = job.State.StateType === 'Pending' || job.State.StateType === 'Queued'
  const limit = isQueued && mainTask(job).Timeouts.QueueTimeout ? ', until its QueueTimeout is over' : ''
  if (plan.waitsFor === 'room') return `starts when work ends on a node that is full, or another node joins${limit}`
  if (plan.waitsFor === 'nodes') return `starts when a node that fits joins or changes${limit}`
  return plan.checkAt === undefined ? 'goes on by itself' : 'goes on by itself; it is looked at again by then'
}
