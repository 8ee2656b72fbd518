import type { TellReader } from '#contracts/control-plane.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { selectedOutput } from '#link/selected-output.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Waiters } from '../waiters.ts'
import { isAway, isKeptWhole, keptOutput, restIsGone } from './kept-output.ts'
import { Outage } from './outage.ts'
import { executionNotFound } from './resolve.ts'

/**
 * Go nodes wait a minute for the log of a program that never started. What has ended is said by then, also when the node is
 * following something else, which it takes 15 s to leave.
 */
const silenceLimitMs = 16_000
/** How often a node is asked again: it knows nothing of what it has only just taken, or is out of reach. */
const askAgainMs = 1_000

export type LogParts = {
  store: Store
  clock: Clock
  waiters: Waiters
  end: (nodeId: NodeId) => ComputeEnd | undefined
  /** Since when a node is not connected, Unix ns; 0 = it is, or nobody knows. */
  awaySince: (nodeId: NodeId) => bigint
}

/** Up to where each stream was read; what comes after an unknown place is not guessed. */
type Seen = Record<LogStream, number>
const unknown = Number.POSITIVE_INFINITY
const isPlaced = (seen: Seen): boolean => seen[1] !== unknown && seen[2] !== unknown

/**
 * The output of one execution: from its node, or what the control plane kept of it when the node has nothing of it. When the
 * node gets out of reach in the middle, it goes on at the same byte once it is back. Throws a Fault ServiceUnavailable that
 * names the node when it stays away.
 */
export async function* jobLogs(
  parts: LogParts,
  jobId: JobId,
  query: LogQuery,
  signal: AbortSignal,
  tell: TellReader = () => {},
): AsyncIterable<LogChunk> {
  const start = query.isTail ? unknown : 0
  const seen: Seen = { 1: start, 2: start, ...query.after }
  let hasBegun = false
  const outage = new Outage(parts.clock, tell)
  while (!signal.aborted) {
    const changed = new AbortController()
    const next = parts.waiters.next(jobId, AbortSignal.any([signal, changed.signal]))
    const again = () => changed.abort()
    try {
      const execution = await parts.store.execution(query.executionId)
      if (execution?.JobID !== jobId) throw executionNotFound(jobId, query.executionId)
      const rest = isPlaced(seen) ? { ...query, isTail: false, after: { ...seen } } : query
      const whyNot = yield* fromNode(parts, execution, rest, signal, (chunk) => {
        outage.ends()
        hasBegun = true
        seen[chunk.stream] = chunk.end ?? unknown
      })
      if (!whyNot) return
      const now: Execution = (await parts.store.execution(query.executionId)) ?? execution
      const canGoOn = !hasBegun || isPlaced(seen) || whyNot.code === 'NotFound'
      if (!canGoOn || !outage.isWorthWaiting(now, whyNot, query.isFollowing, hasBegun))
        return yield* leftOf(parts, now, whyNot, hasBegun ? { ...query, after: seen } : query, tell)
      const timer = parts.clock.after(askAgainMs, again)
      await next
      timer.stop()
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
  onChunk: (chunk: LogChunk) => void,
): AsyncGenerator<LogChunk, Fault | undefined> {
  const end = parts.end(execution.NodeID)
  const hasEnded = isTerminalExecution(execution.ComputeState.StateType)
  if (!end || (hasEnded && execution.StartTime === 0n)) return isAway(execution, parts.awaySince(execution.NodeID))
  const engine = (await parts.store.jobVersion(execution.JobID, execution.JobVersion))?.Tasks[0]?.Engine.Type
  const silent = new AbortController()
  const silence = hasEnded ? parts.clock.after(silenceLimitMs, () => silent.abort()) : undefined
  try {
    const whole = engine === undefined ? query : { ...query, engine }
    for await (const chunk of end.readLogs(whole, AbortSignal.any([signal, silent.signal]))) {
      silence?.stop()
      onChunk(chunk)
      yield chunk
    }
    return silent.signal.aborted ? new Fault('NotFound', 'its node says nothing of it') : undefined
  } catch (error) {
    if (error instanceof Fault && outOfReach.includes(error.code)) return error
    throw error
  } finally {
    silence?.stop()
  }
}

const outOfReach: readonly string[] = ['NotFound', 'ServiceUnavailable', 'Timeout']

/** What is left of an output whose node gives no more of it, and then why that is not all. */
async function* leftOf(
  parts: LogParts,
  execution: Execution,
  whyNot: Fault,
  query: LogQuery,
  tell: TellReader,
): AsyncGenerator<LogChunk> {
  const { RunOutput, ComputeState, NodeID } = execution
  yield* selectedOutput(keptOutput(execution), query)
  if (isKeptWhole(execution)) return
  if (whyNot.code !== 'NotFound') throw isAway(execution, parts.awaySince(NodeID))
  if (RunOutput) return tell(restIsGone(execution))
  if (!isTerminalExecution(ComputeState.StateType)) throw isAway(execution, parts.awaySince(NodeID))
}
