import type { Submission } from '#contracts/control-plane.ts'
import type { Execution } from '#models/execution.ts'
import type { Forecast, JobPlan } from '#models/forecast.ts'
import type { Job } from '#models/job.ts'
import { forecastOf } from '../forecast.ts'
import { changedLines } from './diff.ts'
import { specOf, textOf } from './spec.ts'
import { existingJob, newJob, type SubmitParts, updatedJob } from './submit.ts'

/** What submitting would do: the version it would make, where that would go, and why not elsewhere. Stores nothing. */
export async function planJob(parts: SubmitParts, submission: Submission): Promise<JobPlan> {
  const stored = await existingJob(parts, submission)
  if (!stored) {
    const job = newJob(parts, submission)
    return { Action: 'create', JobID: submission.id ?? '', Version: job.Version, Diff: '', ...forecast(parts, job, []) }
  }
  const next = updatedJob(parts, { ...submission, isForced: true }, stored)
  const isChanged = submission.isForced || textOf(specOf(next)) !== textOf(specOf(stored))
  const job = isChanged ? next : stored
  return {
    Action: isChanged ? 'update' : 'none',
    JobID: job.ID,
    Version: job.Version,
    Diff: await changedLines(specOf(stored), specOf(job)),
    ...forecast(parts, job, await parts.ledger.store.executionsOfJob(job.ID)),
  }
}

const forecast = ({ evaluations }: SubmitParts, job: Job, executions: readonly Execution[]): Forecast =>
  forecastOf(evaluations.looks.snapshot(job, executions, '')).forecast
