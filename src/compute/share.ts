import type { InputShare } from '#contracts/storage.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, partitionCount } from '#models/job.ts'

/** What of a job's inputs an execution gets. */
export const shareOf = (execution: Execution, job: Job): InputShare => ({
  jobId: job.ID,
  jobVersion: execution.JobVersion,
  index: execution.PartitionIndex,
  count: partitionCount(job),
})
