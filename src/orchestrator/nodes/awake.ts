import type { Clock } from '#lib/clock.ts'

/** Unix nanoseconds for rows, monotonic milliseconds for waiting. */
export type Moment = { ns: bigint; ms: number }

/**
 * Since when this process has run without a break: while it was frozen nobody was there to hear what nodes said, so limits for their
 * silence count from here at the earliest. It must be asked more often than every `breakMs`.
 */
export class Awake {
  readonly #clock: Clock
  readonly #breakMs: number
  #since: Moment
  #askedLast: Moment

  constructor(clock: Clock, breakMs: number) {
    this.#clock = clock
    this.#breakMs = breakMs
    this.#since = this.#now
    this.#askedLast = this.#since
  }

  get since(): Moment {
    const [now, before] = [this.#now, this.#askedLast]
    // On a machine that slept only the time of day went on.
    const passedMs = Math.max(now.ms - before.ms, Number((now.ns - before.ns) / 1_000_000n))
    if (passedMs > this.#breakMs) this.#since = now
    this.#askedLast = now
    return this.#since
  }

  get #now(): Moment {
    return { ns: this.#clock.nowNs(), ms: this.#clock.monotonicMs() }
  }
}
