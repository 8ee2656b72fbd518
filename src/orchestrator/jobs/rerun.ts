import type { Rerun } from '#contracts/control-plane.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { JobStateName } from '#models/job-state.ts'
import type { Evaluations } from '../evaluations.ts'
import { jobRerun } from '../events.ts'
import { jobLine } from '../history-lines.ts'
import type { Ledger } from '../ledger.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { jobNotFound, versionNotFound } from './resolve.ts'
import { specOf } from './spec.ts'

export type RerunParts = {
  clock: Clock
  random: Random
  ledger: Ledger
  evaluations: Evaluations
  uploads: Pick<Uploads, 'claim'>
}

/** What has not begun to run needs no second beginning. */
const waiting: readonly JobStateName[] = ['Undefined', 'Pending', 'Queued']

/** Runs a version of a job again, as a new version; `version` 0 = the present one. What still runs is stopped for it. */
export async function rerunJob(parts: RerunParts, id: JobId, version: number, reason: string): Promise<Rerun> {
  const { store } = parts.ledger
  for (;;) {
    const settled = store.settled()
    const job = await store.job(id)
    const source = version === 0 || version === job?.Version ? job : await store.jobVersion(id, version)
    const refusal = refusalOf(id, job, version, source)
    if (!job || !source || refusal) {
      // What is answered from a row, or from its absence, must be on disk like the row (I1).
      await settled
      throw refusal
    }
    const now = parts.clock.nowNs()
    const next: Job = {
      ...job,
      ...specOf(source),
      State: { StateType: 'Pending', Message: 'Job rerun requested by user' },
      Version: job.Version + 1,
      Revision: job.Revision + 1,
      ModifyTime: now,
      VersionTime: now,
    }
    await parts.uploads.claim(next)
    const outcome = await parts.ledger.commit({
      updateJobs: [{ id, expectedRevision: job.Revision, job: next }],
      history: [jobLine(next, 'Pending', jobRerun(now, reason))],
    })
    if (outcome.kind !== 'applied') continue
    const evaluationId = parts.random.uuid()
    parts.evaluations.ask(next, 'job-register', evaluationId)
    await outcome.durable
    return { JobID: id, JobVersion: next.Version, EvaluationID: evaluationId }
  }
}

function refusalOf(id: JobId, job: Job | undefined, version: number, source: Job | undefined): Fault | undefined {
  if (!job) return jobNotFound(id)
  if (!source) return versionNotFound(id, version)
  const { StateType } = job.State
  if (!waiting.includes(StateType)) return undefined
  return new Fault('Conflict', `cannot rerun job in state ${StateType}`, {
    component: 'JobStore',
    hint: 'It has not begun yet. To change it, submit it again: bacalhau job run.',
  })
}
