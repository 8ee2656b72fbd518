import type { JobsApi } from '#contracts/control-plane.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { jobSpec } from './job-spec.ts'

const never = new AbortController().signal

export const submitSpec = async (jobs: JobsApi, change: Partial<JobSpec> = {}): Promise<JobId> => {
  const { JobID } = await jobs.submit({ spec: jobSpec(change), isForced: false, naming: 'independent', warnings: [] })
  return JobID
}

/** The job once it has ended; fails when nothing happens to it for fifty seconds. */
export const endOf = async (jobs: JobsApi, id: JobId): Promise<Job> => {
  for (let index = 0; ; ) {
    const job = await jobs.wait(id, index, 50_000, never)
    if (isTerminalJob(job.State.StateType)) return job
    if (job.Revision === index) throw new Error(`still ${job.State.StateType}: ${job.State.Message}`)
    index = job.Revision
  }
}

export const textOfLogs = async (
  jobs: JobsApi,
  id: JobId,
  { isFollowing = false }: { isFollowing?: boolean } = {},
): Promise<string> => {
  const execution = await jobs.logged(id, { isFollowing }, never)
  const query = { executionId: execution?.ID ?? ('' as ExecutionId), isFollowing, isTail: false }
  let text = ''
  for await (const chunk of jobs.logs(id, query, never)) {
    text += Buffer.from(chunk.bytes).toString()
  }
  return text
}
