import { Fault } from '#lib/fault.ts'

/** How often in a row the server may fail to answer, and the pauses between: twice as long each time. */
const limits = { failures: 10, firstPauseMs: 500, longestPauseMs: 15_000 }

/** A line that held so long was a good one, whatever came over it. */
export const goodLineMs = limits.longestPauseMs

/** Whether a server that fails for the nth time in a row may answer later. */
export const isWorthAnotherTry = (error: unknown, failures: number): boolean =>
  error instanceof Fault && error.isRetryable && failures < limits.failures

/** Pause after the nth failure in a row. */
export const pauseAfterMs = (failures: number): number =>
  Math.min(limits.firstPauseMs * 2 ** failures, limits.longestPauseMs)
