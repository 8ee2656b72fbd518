import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Waiters } from '../waiters.ts'
import { executionNotFound } from './resolve.ts'

/** Go nodes wait a minute for the log of a program that never started. What has ended is known by then. */
const silenceLimitMs = 5_000

export type LogParts = { store: Store; clock: Clock; waiters: Waiters; end: (nodeId: NodeId) => ComputeEnd | undefined }

/** The output of one execution: from its node, or what the control plane kept of it when the node cannot be asked. */
export async function* jobLogs(
  parts: LogParts,
  jobId: JobId,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogChunk> {
  while (!signal.aborted) {
    const changed = new AbortController()
    const next = parts.waiters.next(jobId, AbortSignal.any([signal, changed.signal]))
    try {
      const execution = await parts.store.execution(query.executionId)
      if (execution?.JobID !== jobId) throw executionNotFound(jobId, query.executionId)
      const whyNot = yield* fromNode(parts, execution, query, signal)
      if (!whyNot) return
      const now: Execution = (await parts.store.execution(query.executionId)) ?? execution
      const isOver = now.RunOutput !== null || isTerminalExecution(now.ComputeState.StateType)
      if (isOver || !query.isFollowing) return yield* keptOutput(now, whyNot)
      await next
    } finally {
      changed.abort()
    }
  }
}

/** Nothing when the node gave its answer, or why it did not: it is out of reach, or knows nothing of the execution (yet). */
async function* fromNode(
  parts: LogParts,
  execution: Execution,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, Fault | undefined> {
  const end = parts.end(execution.NodeID)
  const hasEnded = isTerminalExecution(execution.ComputeState.StateType)
  if (!end || (hasEnded && execution.StartTime === 0n)) return outOfReach(execution.NodeID)
  const engine = (await parts.store.jobVersion(execution.JobID, execution.JobVersion))?.Tasks[0]?.Engine.Type
  const silent = new AbortController()
  const silence = hasEnded ? parts.clock.after(silenceLimitMs, () => silent.abort()) : undefined
  let isAnyRead = false
  try {
    const whole = engine === undefined ? query : { ...query, engine }
    for await (const chunk of end.readLogs(whole, AbortSignal.any([signal, silent.signal]))) {
      silence?.stop()
      isAnyRead = true
      yield chunk
    }
    return silent.signal.aborted ? outOfReach(execution.NodeID) : undefined
  } catch (error) {
    const isGone = error instanceof Fault && (error.code === 'NotFound' || error.code === 'ServiceUnavailable')
    if (isAnyRead || !isGone) throw error
    return error
  } finally {
    silence?.stop()
  }
}

const outOfReach = (nodeId: NodeId): Fault =>
  new Fault('ServiceUnavailable', `node ${nodeId} cannot be reached for its logs`, {
    isRetryable: true,
    hint: 'Try again when the node is connected.',
  })

function* keptOutput({ RunOutput, ComputeState, NodeID }: Execution, whyNot: Fault): Iterable<LogChunk> {
  if (!RunOutput) {
    if (isTerminalExecution(ComputeState.StateType)) return
    throw whyNot.code === 'NotFound' ? outOfReach(NodeID) : whyNot
  }
  const encoder = new TextEncoder()
  if (RunOutput.Stdout) yield { stream: 1, bytes: encoder.encode(RunOutput.Stdout) }
  if (RunOutput.stderr) yield { stream: 2, bytes: encoder.encode(RunOutput.stderr) }
}
