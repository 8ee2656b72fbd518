import type { Job } from '#models/job.ts'
import type { Verdict } from './verdict.ts'

/**
 * A judge of jobs that the operator of a node has named. Throws a Fault of class transient when it cannot be asked or does not
 * answer in time: that is no refusal, and it may be asked again.
 */
export type JobProbe = (job: Job, signal: AbortSignal) => Promise<Verdict>
