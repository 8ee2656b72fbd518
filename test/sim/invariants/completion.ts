import type { Execution } from '#models/execution.ts'
import { isCounted, type Job, mainTask, partitionCount } from '#models/job.ts'
import { isNoSpec } from '#models/spec-config.ts'
import type { Seen } from './rule.ts'

/** I9: what a completed job promises, partition by partition, against what the machines saw. */
export const brokenCompletion = (job: Job, seen: Seen): string | undefined => {
  const executions = seen.model.executionsOf(job.ID).filter((execution) => execution.JobVersion === job.Version)
  const successes = executions.filter((execution) => execution.ComputeState.StateType === 'Completed')
  if (!isCounted(job.Type) && successes.length === 0) return `job ${job.ID} completed without a success`
  for (let index = 0; index < (isCounted(job.Type) ? partitionCount(job) : 0); index++) {
    const count = successes.filter((execution) => execution.PartitionIndex === index).length
    if (count !== 1) return `job ${job.ID} completed with ${count} successes of partition ${index}`
  }
  return successes.map((execution) => brokenSuccess(execution, job, seen)).find((text) => text !== undefined)
}

/** A success was seen to start and end well, and its result is where the row says, with the same bytes. */
export const brokenSuccess = (execution: Execution, job: Job, { witness }: Seen): string | undefined => {
  const exits = witness.startsOf(execution.ID).map(({ exit }) => exit)
  const isSeen = exits.some((exit) => typeof exit === 'object' && !exit.failure)
  if (!isSeen) return `${execution.ID} is Completed, but no machine saw it end well`
  if (isNoSpec(mainTask(job).Publisher)) return undefined
  const digest = witness.published.get(execution.ID)?.digest
  const isThere = digest !== undefined && execution.PublishedResult?.Params?.['Digest'] === digest
  return isThere ? undefined : `the result of ${execution.ID} is not where its row says`
}
