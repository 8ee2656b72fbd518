import type { Job } from '#models/job.ts'
import type { Verdict } from './verdict.ts'

/**
 * A judge of jobs that the operator of a node has named. What gives no answer has not agreed, so it rejects only when the
 * signal is aborted.
 */
export type JobProbe = (job: Job, signal: AbortSignal) => Promise<Verdict>
