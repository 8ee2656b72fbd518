import { pageBytes } from '../binary/limits.ts'

/** Larger ones are made anew: the kernel makes of them only what is touched, and wiping touches everything. */
const largestPages = 32
const mostKept = 4

type Spare = { memory: WebAssembly.Memory; initial: number; maximum: number }

/**
 * Memories of ended programs, wiped, for the next that ask for the same. To make one and to collect it takes as long as all
 * else that a short program does.
 */
export class SpareMemories {
  #kept: Spare[] = []
  #lent: Spare[] = []

  /** All zeros. Throws what the system says when there is none to be had. */
  take(initial: number, maximum: number): WebAssembly.Memory {
    const at = this.#kept.findIndex((each) => each.initial === initial && each.maximum === maximum)
    const [known] = at >= 0 ? this.#kept.splice(at, 1) : []
    const spare = known ?? { memory: new WebAssembly.Memory({ initial, maximum }), initial, maximum }
    this.#lent.push(spare)
    return spare.memory
  }

  /** All that were taken, once their program has ended; the answer is the bytes of those that are not kept. */
  takeBack(): number {
    const [same, others] = [this.#lent.filter(isAsMade), this.#lent.filter((each) => !isAsMade(each))]
    this.#lent = []
    for (const { memory } of same) new Uint8Array(memory.buffer).fill(0)
    const all = [...same, ...this.#kept]
    this.#kept = all.slice(0, mostKept)
    return bytesOf(others) + bytesOf(all.slice(mostKept))
  }
}

const bytesOf = (spares: readonly Spare[]): number =>
  spares.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0)

/** A memory never shrinks. */
const isAsMade = ({ memory, initial }: Spare): boolean =>
  initial <= largestPages && memory.buffer.byteLength === initial * pageBytes
