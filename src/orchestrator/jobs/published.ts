import type { Execution } from '#models/execution.ts'
import { isCounted, type Job } from '#models/job.ts'
import { isNoSpec } from '#models/spec-config.ts'

/** Whose results are those of a job: of each partition (of an ops job, of each node) what completed, else what its last failure left. */
export function publishedExecutions({ Type }: Pick<Job, 'Type'>, executions: readonly Execution[]): Execution[] {
  const partOf = ({ PartitionIndex, NodeID }: Execution) => (isCounted(Type) ? PartitionIndex : NodeID)
  const hasCompleted = ({ ComputeState }: Execution) => ComputeState.StateType === 'Completed'
  const done = new Set(executions.filter(hasCompleted).map(partOf))
  const left = new Map<number | string, Execution>()
  for (const each of executions) {
    const isLeft =
      each.ComputeState.StateType === 'Failed' && !isNoSpec(each.PublishedResult) && !done.has(partOf(each))
    if (isLeft && each.CreateTime >= (left.get(partOf(each))?.CreateTime ?? 0n)) left.set(partOf(each), each)
  }
  const chosen = new Set(left.values())
  return executions.filter((each) => chosen.has(each) || (hasCompleted(each) && !isNoSpec(each.PublishedResult)))
}
