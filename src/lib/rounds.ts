import type { Clock, Timer } from './clock.ts'

/** Work in rounds: each says after how long the next one begins. One at a time; `stop` waits for the one that runs. */
export class Rounds {
  readonly #clock: Clock
  readonly #round: () => Promise<number>
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  /** `round` must not reject; it gives the pause in ms. */
  constructor(clock: Clock, round: () => Promise<number>) {
    this.#clock = clock
    this.#round = round
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  start(): void {
    this.#goOnAfter(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.stop()
    await this.#running
  }

  #goOnAfter(pauseMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#clock.after(pauseMs, () => {
      this.#running = this.#round().then((nextMs) => this.#goOnAfter(nextMs))
    })
  }
}

/** How often what grows old is looked for: a tenth of its age, between a second and a minute. */
export const restForAge = (ageMs: number): number => Math.min(60_000, Math.max(1_000, ageMs / 10))
