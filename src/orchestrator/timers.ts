import type { Clock, Timer } from '#lib/clock.ts'
import type { JobId } from '#models/ids.ts'

const longestMs = 2 ** 30

/** One alarm per job at most: the earliest moment at which time alone changes something for it. */
export class JobTimers {
  readonly #clock: Clock
  readonly #onTime: (jobId: JobId) => void
  readonly #timers = new Map<JobId, { at: bigint; timer: Timer }>()

  constructor(clock: Clock, onTime: (jobId: JobId) => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  /** Replaces the job's alarm; undefined takes it away. */
  set(jobId: JobId, at: bigint | undefined): void {
    const known = this.#timers.get(jobId)
    if (known?.at === at) return
    known?.timer.stop()
    this.#timers.delete(jobId)
    if (at === undefined) return
    const delayMs = Number((at - BigInt(this.#clock.nowMs()) * 1_000_000n) / 1_000_000n) + 1
    const timer = this.#clock.after(Math.min(longestMs, Math.max(0, delayMs)), () => {
      this.#timers.delete(jobId)
      this.#onTime(jobId)
    })
    this.#timers.set(jobId, { at, timer })
  }

  clear(): void {
    for (const { timer } of this.#timers.values()) timer.stop()
    this.#timers.clear()
  }
}
