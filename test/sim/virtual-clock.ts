import type { Clock, Timer } from '#lib/clock.ts'
import type { Life } from './life.ts'
import type { Timeline } from './timeline.ts'

/** How wrong the clock of a machine is; it can be set while the machine runs. */
export type Skew = { offsetUs: number; rate: number }

const startUs = Date.UTC(2026, 0, 1) * 1_000

/** The clock of one life of a process: it ticks with the timeline, a little wrong, and its timers die with the process. */
export class VirtualClock implements Clock {
  readonly #timeline: Timeline
  readonly #life: Life
  readonly #skew: Skew
  #lastNs = 0n

  constructor(timeline: Timeline, life: Life, skew: Skew) {
    this.#timeline = timeline
    this.#life = life
    this.#skew = skew
  }

  nowNs(): bigint {
    const now = BigInt(this.#wallUs()) * 1_000n
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n
    return this.#lastNs
  }

  nowMs(): number {
    return Math.floor(this.#wallUs() / 1_000)
  }

  monotonicMs(): number {
    return (this.#timeline.nowUs * this.#skew.rate) / 1_000
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#timeline.after((delayMs * 1_000) / this.#skew.rate, `${this.#life.name} timer`, () =>
      this.#life.run(run),
    )
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        timer.stop()
        reject(signal?.reason)
      }
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #wallUs(): number {
    return startUs + Math.round(this.#timeline.nowUs * this.#skew.rate + this.#skew.offsetUs)
  }
}
