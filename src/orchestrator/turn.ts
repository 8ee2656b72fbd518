import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'

/** Where a job stands among those that want room. `since`: Unix ns at which its present version was submitted. */
export type Turn = { readonly jobId: JobId; readonly priority: number; readonly since: bigint }

export const turnOf = ({ ID, Priority, VersionTime }: Job): Turn => ({
  jobId: ID,
  priority: Priority,
  since: VersionTime,
})

/** Higher priority first, then who came first. */
export const isBefore = (a: Turn, b: Turn): boolean => {
  if (a.priority !== b.priority) return a.priority > b.priority
  return a.since < b.since || (a.since === b.since && a.jobId < b.jobId)
}
