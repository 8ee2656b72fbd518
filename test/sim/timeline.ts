import type { Timer } from '#lib/clock.ts'
import type { SeededRandom } from './seeded-random.ts'

type Scheduled = { atUs: number; rank: number; label: string; run: () => void }

/** Everything that will happen in the cluster, in virtual microseconds; chance decides between events of the same moment. */
export class Timeline {
  nowUs = 0
  /** How many events have happened. */
  count = 0
  /** The latest comes first, so that the next one is taken from the end. */
  readonly #coming: Scheduled[] = []
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  after(delayUs: number, label: string, run: () => void): Timer {
    const event = { atUs: this.nowUs + Math.max(0, Math.round(delayUs)), rank: this.#random.float(), label, run }
    this.#coming.splice(this.#placeOf(event), 0, event)
    return { stop: () => this.#remove(event) }
  }

  /** Lets the next event happen and everything that follows from it without waiting. Returns its label; undefined = nothing comes. */
  async step(): Promise<string | undefined> {
    const event = this.#coming.pop()
    if (!event) return undefined
    this.nowUs = event.atUs
    this.count += 1
    event.run()
    await settled()
    return event.label
  }

  #placeOf(event: Scheduled): number {
    let low = 0
    let high = this.#coming.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isLater(this.#coming[middle] as Scheduled, event)) low = middle + 1
      else high = middle
    }
    return low
  }

  #remove(event: Scheduled): void {
    if (event.atUs < this.nowUs) return
    const index = this.#coming.indexOf(event)
    if (index !== -1) this.#coming.splice(index, 1)
  }
}

const isLater = (a: Scheduled, b: Scheduled): boolean => a.atUs > b.atUs || (a.atUs === b.atUs && a.rank > b.rank)

/** Nothing in the cluster waits for the real world, so one turn of the event loop works off all promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
