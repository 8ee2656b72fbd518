import type { ExecutionId } from '#models/ids.ts'
import type { LogStream } from './log-sink.ts'

export type LogChunk = { stream: LogStream; bytes: Uint8Array }
export type LogQuery = {
  executionId: ExecutionId
  /** Also what comes later, until the execution ends. */
  isFollowing: boolean
  /** Only what is produced from now on. */
  isTail: boolean
  /** Of the task; nodes of other programs keep the output of some engines only. Absent: not known. */
  engine?: string
}

/** Reads kept output. Chunks come in the order they were written; the iteration ends when there is nothing more to come. */
export interface LogReader {
  /** Throws a Fault NotFound when nothing is known of the execution. Breaking off the iteration or aborting frees everything. */
  read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk>
}
