import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { selectedOutput } from '#link/selected-output.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Waiters } from '../waiters.ts'
import { executionNotFound } from './resolve.ts'

/**
 * Go nodes wait a minute for the log of a program that never started. What has ended is said by then, also when the node is
 * following something else, which it takes 15 s to leave.
 */
const silenceLimitMs = 16_000
/** They know nothing of an execution yet when they have only just taken it, and tell nobody when they do. */
const knownLaterMs = 1_000

export type LogParts = { store: Store; clock: Clock; waiters: Waiters; end: (nodeId: NodeId) => ComputeEnd | undefined }

/** Up to where each stream was read. */
type Seen = Record<LogStream, number>
const unknown = Number.POSITIVE_INFINITY
const isAnySeen = (seen: Seen): boolean => seen[1] + seen[2] > 0

/** The output of one execution: from its node, or what the control plane kept of it when the node cannot be asked. */
export async function* jobLogs(
  parts: LogParts,
  jobId: JobId,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogChunk> {
  const seen: Seen = { 1: 0, 2: 0 }
  /** Why no more comes from the node, which has told a part: the rest is what was kept, when it has ended. */
  let broken: Fault | undefined
  while (!signal.aborted) {
    const changed = new AbortController()
    const next = parts.waiters.next(jobId, AbortSignal.any([signal, changed.signal]))
    let later: Timer | undefined
    try {
      const execution = await parts.store.execution(query.executionId)
      if (execution?.JobID !== jobId) throw executionNotFound(jobId, query.executionId)
      const whyNot = broken ?? (yield* fromNode(parts, execution, query, seen, signal))
      if (!whyNot) return
      if (isAnySeen(seen)) broken = whyNot
      const now: Execution = (await parts.store.execution(query.executionId)) ?? execution
      const isOver = now.RunOutput !== null || isTerminalExecution(now.ComputeState.StateType)
      if (isOver || !query.isFollowing) return yield* selectedOutput(keptOutput(now, whyNot), { ...query, after: seen })
      if (whyNot.code === 'NotFound') later = parts.clock.after(knownLaterMs, () => changed.abort())
      await next
    } finally {
      later?.stop()
      changed.abort()
    }
  }
}

/** Nothing when the node gave its answer, or why it did not: it is out of reach, or knows nothing of the execution (yet). */
async function* fromNode(
  parts: LogParts,
  execution: Execution,
  query: LogQuery,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, Fault | undefined> {
  const end = parts.end(execution.NodeID)
  const hasEnded = isTerminalExecution(execution.ComputeState.StateType)
  if (!end || (hasEnded && execution.StartTime === 0n)) return outOfReach(execution.NodeID)
  const engine = (await parts.store.jobVersion(execution.JobID, execution.JobVersion))?.Tasks[0]?.Engine.Type
  const silent = new AbortController()
  const silence = hasEnded ? parts.clock.after(silenceLimitMs, () => silent.abort()) : undefined
  try {
    const whole = engine === undefined ? query : { ...query, engine }
    for await (const chunk of end.readLogs(whole, AbortSignal.any([signal, silent.signal]))) {
      silence?.stop()
      if (query.isTail && !isAnySeen(seen)) seen[1] = seen[2] = unknown
      seen[chunk.stream] = chunk.end ?? unknown
      yield chunk
    }
    return silent.signal.aborted ? outOfReach(execution.NodeID) : undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.code === 'NotFound') return error
    if (error.code === 'ServiceUnavailable' && !isAnySeen(seen)) return error
    throw error
  } finally {
    silence?.stop()
  }
}

const outOfReach = (nodeId: NodeId): Fault =>
  new Fault('ServiceUnavailable', `node ${nodeId} cannot be reached for its logs`, {
    isRetryable: true,
    hint: 'Try again when the node is connected.',
  })

/** What the control plane has of an output; as nobody knows better, all of it was written when the execution ended. */
async function* keptOutput(
  { RunOutput, ComputeState, NodeID, ModifyTime }: Execution,
  whyNot: Fault,
): AsyncGenerator<LogChunk> {
  if (!RunOutput) {
    if (isTerminalExecution(ComputeState.StateType)) return
    throw whyNot.code === 'NotFound' ? outOfReach(NodeID) : whyNot
  }
  for (const [stream, text] of [
    [1, RunOutput.Stdout],
    [2, RunOutput.stderr],
  ] as const) {
    const bytes = Buffer.from(text)
    if (bytes.length > 0) yield { stream, bytes, end: bytes.length, timeMs: Number(ModifyTime / 1_000_000n) }
  }
}
