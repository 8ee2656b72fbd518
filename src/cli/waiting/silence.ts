import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'

/** A server gives a sign of life each 30 s; two may be lost. */
const longestMs = 75_000

/** Notices a line that is dead without a word: a network that is another one now tells nobody. */
export class Silence {
  readonly #clock: Clock
  readonly #dead = new AbortController()
  #heardMs = 0
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborted, with a Fault that can be tried again, when nothing was heard for too long. */
  get signal(): AbortSignal {
    return this.#dead.signal
  }

  /** From now on the server is to be heard. */
  watch(): void {
    this.heard()
    this.#timer ??= this.#clock.after(longestMs, () => this.#look())
  }

  /** Something was heard. Called for each frame, so it only notes the time. */
  heard(): void {
    this.#heardMs = this.#clock.monotonicMs()
  }

  stop(): void {
    this.#timer?.stop()
  }

  #look(): void {
    const leftMs = this.#heardMs + longestMs - this.#clock.monotonicMs()
    if (leftMs > 0) this.#timer = this.#clock.after(leftMs, () => this.#look())
    else {
      const message = `nothing was heard from the server for ${longestMs / 1_000}s`
      this.#dead.abort(new Fault('ServiceUnavailable', message, { component: 'Client', isRetryable: true }))
    }
  }
}
