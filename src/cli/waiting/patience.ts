import type { Clock } from '#lib/clock.ts'
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

type Patience = {
  clock: Clock
  interrupted: AbortSignal
  /** Told each time the server does not answer, before it is asked again. */
  onFailure: (error: unknown, failures: number) => void
}

/** Asks a server that restarts again. Throws what interrupted it, or the last failure when it is not worth another try. */
export async function patiently<Value>(ask: () => Promise<Value>, patience: Patience): Promise<Value> {
  const { clock, interrupted, onFailure } = patience
  for (let failures = 1; ; failures++) {
    try {
      return await ask()
    } catch (error) {
      if (interrupted.aborted) throw interrupted.reason
      if (!isWorthAnotherTry(error, failures)) throw error
      onFailure(error, failures)
      await clock.sleep(pauseAfterMs(failures), interrupted)
    }
  }
}
