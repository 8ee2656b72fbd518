import type { LogChunk } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution, isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Waiters } from '../waiters.ts'
import { executionNotFound } from './resolve.ts'

export type LogParts = { store: Store; waiters: Waiters; end: (nodeId: NodeId) => ComputeEnd | undefined }
export type LogRequest = { executionId?: ExecutionId; version?: number; isFollowing: boolean; isTail: boolean }

/** The output of one execution: from its node, or what the control plane kept of it when the node cannot be asked. */
export async function* jobLogs(
  parts: LogParts,
  jobId: JobId,
  request: LogRequest,
  signal: AbortSignal,
): AsyncIterable<LogChunk> {
  let execution = await chosenExecution(parts, jobId, request, signal)
  while (execution && !signal.aborted) {
    const changed = new AbortController()
    const next = parts.waiters.next(jobId, AbortSignal.any([signal, changed.signal]))
    try {
      if (yield* fromNode(parts, execution, request, signal)) return
      const now: Execution | undefined = await parts.store.execution(execution.ID)
      const isOver = !now || now.RunOutput !== null || isTerminalExecution(now.ComputeState.StateType)
      if (isOver || !request.isFollowing) return yield* keptOutput(now ?? execution)
      execution = now
      await next
    } finally {
      changed.abort()
    }
  }
}

/** True when the node gave its answer; false when it is out of reach or knows nothing of the execution (yet). */
async function* fromNode(
  parts: LogParts,
  execution: Execution,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, boolean> {
  const end = parts.end(execution.NodeID)
  const isNeverStarted = isTerminalExecution(execution.ComputeState.StateType) && execution.StartTime === 0n
  if (!end || isNeverStarted) return false
  let isAnyRead = false
  try {
    const query = { executionId: execution.ID, isFollowing: request.isFollowing, isTail: request.isTail }
    for await (const chunk of end.readLogs(query, signal)) {
      isAnyRead = true
      yield chunk
    }
    return true
  } catch (error) {
    const isGone = error instanceof Fault && (error.code === 'NotFound' || error.code === 'ServiceUnavailable')
    if (isAnyRead || !isGone) throw error
    return false
  }
}

function* keptOutput({ RunOutput, ComputeState, NodeID }: Execution): Iterable<LogChunk> {
  if (!RunOutput) {
    if (isTerminalExecution(ComputeState.StateType)) return
    throw new Fault('ServiceUnavailable', `node ${NodeID} cannot be reached for its logs`, {
      isRetryable: true,
      hint: 'Try again when the node is connected.',
    })
  }
  const encoder = new TextEncoder()
  if (RunOutput.Stdout) yield { stream: 1, bytes: encoder.encode(RunOutput.Stdout) }
  if (RunOutput.stderr) yield { stream: 2, bytes: encoder.encode(RunOutput.stderr) }
}

const chosenExecution = async (
  { store, waiters }: LogParts,
  jobId: JobId,
  request: LogRequest,
  signal: AbortSignal,
): Promise<Execution | undefined> => {
  for (;;) {
    const changed = new AbortController()
    const next = waiters.next(jobId, AbortSignal.any([signal, changed.signal]))
    try {
      const executions = await store.executionsOfJob(jobId, request.version)
      const chosen = request.executionId
        ? executions.find((execution) => execution.ID === request.executionId)
        : newest(executions)
      if (chosen) return chosen
      if (request.executionId && executions.length > 0) throw executionNotFound(jobId, request.executionId)
      const job = await store.job(jobId)
      const isPast = job !== undefined && request.version !== undefined && request.version !== job.Version
      if (!request.isFollowing || !job || isPast || isTerminalJob(job.State.StateType)) {
        const which = isPast ? `, and version ${request.version}` : ''
        throw new Fault('NotFound', `no executions found for job ${jobId}${which}`, {
          component: 'JobStore',
          hint: 'bacalhau job describe tells why nothing has run.',
        })
      }
      if (signal.aborted) return undefined
      await next
    } finally {
      changed.abort()
    }
  }
}

/** The one changed last among those that were not discarded, else among all. */
const newest = (executions: readonly Execution[]): Execution | undefined => {
  const kept = executions.filter((execution) => !isDiscardedExecution(execution.ComputeState.StateType))
  const pool = kept.length > 0 ? kept : executions
  return pool.reduce<Execution | undefined>(
    (best, e) => (!best || e.ModifyTime > best.ModifyTime ? e : best),
    undefined,
  )
}
