import type { Clock, Timer } from '#lib/clock.ts'

/** Time that stands still until it is told where to go; what is due on the way is done in its order. */
export class StepClock implements Clock {
  nowAtMs = 0
  #timers: { dueMs: number; run: () => void }[] = []

  nowNs = (): bigint => BigInt(this.nowAtMs) * 1_000_000n
  nowMs = (): number => this.nowAtMs
  monotonicMs = (): number => this.nowAtMs

  after = (delayMs: number, run: () => void): Timer => {
    const timer = { dueMs: this.nowAtMs + delayMs, run }
    this.#timers.push(timer)
    return { stop: () => void (this.#timers = this.#timers.filter((each) => each !== timer)) }
  }

  sleep = (delayMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = this.after(delayMs, resolve)
      const onAbort = () => {
        timer.stop()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })

  get pending(): number {
    return this.#timers.length
  }

  goTo(timeMs: number): void {
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= timeMs).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (!next) break
      this.#timers = this.#timers.filter((each) => each !== next)
      this.nowAtMs = Math.max(this.nowAtMs, next.dueMs)
      next.run()
    }
    this.nowAtMs = timeMs
  }
}
