import type { Random } from '#lib/clock.ts'

const firstMs = 250
/** A node that comes back later than it must counts as lost. */
const lastMs = 2_000

/** How long a client waits between two attempts to reach one server again: doubling, and not in step with others. */
export class ReconnectPace {
  readonly #random: Random
  #attempts = 0
  #factor = 1

  constructor(random: Random) {
    this.#random = random
  }

  /** The same until the next attempt. */
  get pauseMs(): number {
    return Math.min(lastMs, firstMs * 2 ** this.#attempts) * this.#factor
  }

  attempted(): void {
    this.#attempts += 1
    this.#factor = 0.75 + this.#random.float() / 2
  }

  succeeded(): void {
    this.#attempts = 0
  }
}
