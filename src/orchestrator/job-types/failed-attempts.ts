import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution } from '#models/execution-state.ts'
import type { FailedAttempt } from '#models/forecast.ts'
import { isCounted } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { memoryText } from '../events.ts'
import type { Snapshot } from '../snapshot.ts'
import { raisedMemory } from './more-memory.ts'
import { type Retry, retryOf } from './retry.ts'

const mostShown = 100

/** The last attempt of each partition, or node, that ended without success, and what the retry policy says of it. */
export const failedAttempts = (snapshot: Snapshot): FailedAttempt[] => {
  const { job, executions } = snapshot
  const own = executions.filter((execution) => execution.JobVersion === job.Version)
  const slots = Map.groupBy(own, (e) => (isCounted(job.Type) ? e.PartitionIndex : e.NodeID))
  return [...slots.values()].flatMap((attempts) => failureOf(snapshot, attempts) ?? []).slice(0, mostShown)
}

const failureOf = (snapshot: Snapshot, attempts: readonly Execution[]): FailedAttempt | undefined => {
  const last = attempts.at(-1)
  if (!last || !isDiscardedExecution(last.ComputeState.StateType)) return undefined
  const failed = attempts.filter((attempt) => isDiscardedExecution(attempt.ComputeState.StateType))
  const retry = retryOf(snapshot, failed)
  const isOver = isTerminalJob(snapshot.job.State.StateType)
  return {
    ExecutionID: last.ID,
    NodeID: last.NodeID,
    Partition: last.PartitionIndex,
    Attempt: last.Attempt,
    FailureClass: last.FailureClass,
    Reason: (last.ComputeState.Message || last.ComputeState.StateType).split('\n')[0] ?? '',
    Next:
      isOver && retry.kind !== 'never'
        ? 'not tried again: the job has ended'
        : retryText(retry, raisedMemory(snapshot, failed)),
    NextTime: !isOver && retry.kind === 'later' ? retry.at : 0n,
  }
}

const retryText = (retry: Retry, memoryBytes: number): string => {
  if (retry.kind === 'never') return `not tried again: ${retry.why}`
  const when = retry.kind === 'later' ? '' : ' as soon as a node takes it'
  return `tried again${when}${memoryText(memoryBytes)}`
}
