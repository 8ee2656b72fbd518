import type { ExecutionId } from '#models/ids.ts'
import type { LogStream } from './log-sink.ts'

export type LogChunk = {
  stream: LogStream
  /** None: it only tells where the stream stands. */
  bytes: Uint8Array
  /** Bytes of its stream up to here, those that were left out included. Absent: where it stands is not known. */
  end?: number
  /** When it was written, Unix ms. Absent: not known. */
  timeMs?: number
}

/** Which part of an output is wanted; without any it is all of it. */
export type LogSelection = {
  /** What comes after so many bytes of each stream: those before are known. */
  after?: Readonly<Record<LogStream, number>>
  /** What was written at this time or later, Unix ms. */
  sinceMs?: number
  /** Only lines that match this pattern (RE2). */
  grep?: string
}

export type LogQuery = LogSelection & {
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
