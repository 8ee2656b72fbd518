import type { RunCommandResult } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { LogReader } from './log-reader.ts'
import type { LogSink } from './log-sink.ts'

/** The output of one running execution, as it is being kept. */
export interface LogKeeper extends LogSink {
  /** First 2,048 bytes of each stream, cut at a character, and whether there was more. */
  summary(): Pick<RunCommandResult, 'Stdout' | 'StdoutTruncated' | 'stderr' | 'StderrTruncated'>
  /** Writes `stdout` and `stderr` as whole files into an existing folder. */
  writeFiles(directory: string): Promise<void>
  /** Nothing more comes; followers end. What must outlive the process is on disk when it resolves. Idempotent. */
  close(): Promise<void>
}

/**
 * `isResumed`: goes on with what an earlier life of the node kept. `isNewestKept`: of a program that goes on for ever, where
 * there is too much the oldest goes; else it is what comes then.
 */
export type LogOpening = { isResumed: boolean; isNewestKept: boolean }

/**
 * Keeps what programs print, on the node where they ran, until retention removes it. It reads whole outputs: what a query
 * selects of them is not its concern.
 */
export interface LogStore extends LogReader {
  open(executionId: ExecutionId, how: LogOpening): Promise<LogKeeper>
}
