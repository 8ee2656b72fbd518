import type { ExecutionId } from '#models/ids.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { addResources, noResources } from '#models/resources.ts'
import type { Capacity } from './capacity/capacity.ts'

export type QueueItem = { executionId: ExecutionId; priority: number; need: Resources; isWanted: (gpu: Gpu) => boolean }
type Entry = QueueItem & { overtaken: number }

/** How often one that does not fit yet lets others go first; after that all of the room is kept for it. */
const mostOvertaken = 8
/** So far behind the first one is looked for what fits, however long the queue is. */
const depth = 64

/**
 * Accepted work that waits for room on this node: higher priority first, then first come. What fits may overtake what
 * does not fit yet, a bounded number of times, so that room is used and big work does not starve (W31).
 */
export class Queue {
  readonly #entries: Entry[] = []

  add(item: QueueItem): void {
    const index = this.#entries.findIndex((other) => other.priority < item.priority)
    this.#entries.splice(index === -1 ? this.#entries.length : index, 0, { ...item, overtaken: 0 })
  }

  /** True when it was waiting. */
  remove(executionId: ExecutionId): boolean {
    const index = this.#entries.findIndex((entry) => entry.executionId === executionId)
    if (index !== -1) this.#entries.splice(index, 1)
    return index !== -1
  }

  /** Those that would never start here: even an empty node has not so much. */
  outgrown(capacity: Capacity): ExecutionId[] {
    return this.#entries
      .filter(({ need, isWanted }) => !capacity.hasEver(need, isWanted))
      .map(({ executionId }) => executionId)
  }

  /** The next one that may start, with what it was given. */
  takeNext(capacity: Capacity): { item: QueueItem; taken: Resources } | undefined {
    for (const [index, entry] of this.#entries.slice(0, depth).entries()) {
      const taken = capacity.take(entry.need, entry.isWanted)
      if (taken) return { item: this.#start(index, entry), taken }
      if (entry.overtaken >= mostOvertaken) return undefined
    }
    return undefined
  }

  #start(index: number, entry: Entry): QueueItem {
    this.#entries.splice(index, 1)
    for (const passed of this.#entries.slice(0, index)) passed.overtaken++
    return entry
  }

  get length(): number {
    return this.#entries.length
  }

  /** Sum of what waits. */
  get waiting(): Resources {
    return this.#entries.reduce((sum, entry) => addResources(sum, entry.need), noResources())
  }
}
