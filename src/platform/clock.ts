import type { Clock, Timer } from '#lib/clock.ts'

/** setTimeout takes a signed 32-bit number of milliseconds; more fires at once. */
const longestTimerMs = 2 ** 31 - 1

/** The machine's clock. */
export class SystemClock implements Clock {
  readonly #originUs = Math.round(performance.timeOrigin * 1e3)
  #lastNs = 0n

  /** Microsecond steps of the machine, each reading at least 1 ns past the one before, also when the machine's clock is set back. */
  nowNs(): bigint {
    const wallUs = Date.now() * 1e3
    const fineUs = this.#originUs + Math.round(performance.now() * 1e3)
    const now = BigInt(isWithinMillisecond(wallUs, fineUs) ? fineUs : wallUs) * 1_000n
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n
    return this.#lastNs
  }

  nowMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  after(delayMs: number, run: () => void): Timer {
    let handle = setTimeout(fire, Math.min(delayMs, longestTimerMs))
    let leftMs = delayMs
    function fire() {
      leftMs -= longestTimerMs
      if (leftMs > 0) handle = setTimeout(fire, Math.min(leftMs, longestTimerMs))
      else run()
    }
    return { stop: () => clearTimeout(handle) }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = () => {
        timer.stop()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}

/** The monotonic clock drifts from the wall clock when the latter is set: then the wall clock wins. */
const isWithinMillisecond = (wallUs: number, fineUs: number): boolean => {
  const apartUs = fineUs - wallUs
  return apartUs > -1_500 && apartUs < 2_500
}
