/** Something started that can be taken back. `stop` is idempotent. */
export type Timer = { stop(): void }

/**
 * The only door to time. The real one is in platform/, the virtual one in test/sim.
 * `nowNs` is Unix time in nanoseconds and never repeats within a process, so that it orders what one process wrote.
 */
export interface Clock {
  /** Wall clock, Unix nanoseconds, strictly rising within one process. */
  nowNs(): bigint
  /** Wall clock, Unix milliseconds. */
  nowMs(): number
  /** Monotonic milliseconds since some start; for measuring how long something took. */
  monotonicMs(): number
  /** Calls `run` once after `delayMs` (>= 0). Errors of `run` are bugs. */
  after(delayMs: number, run: () => void): Timer
  /** Resolves after `delayMs`, or rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The only door to chance. */
export interface Random {
  /** A fresh UUID v4 in lower case. */
  uuid(): string
  /** A float in [0, 1). */
  float(): number
}
