import type { ExecutionId } from '#models/ids.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { addResources, noResources } from '#models/resources.ts'
import type { Capacity } from './capacity/capacity.ts'

export type QueueItem = { executionId: ExecutionId; priority: number; need: Resources; isWanted: (gpu: Gpu) => boolean }
type Entry = QueueItem & { order: number }

/**
 * Accepted work that waits for room on this node. Higher priority first, then first come; the head is not overtaken
 * by smaller work behind it, so big work does not starve (W31).
 */
export class Queue {
  readonly #entries: Entry[] = []
  #order = 0

  add(item: QueueItem): void {
    const entry = { ...item, order: this.#order++ }
    const index = this.#entries.findIndex((other) => other.priority < entry.priority)
    this.#entries.splice(index === -1 ? this.#entries.length : index, 0, entry)
  }

  /** True when it was waiting. */
  remove(executionId: ExecutionId): boolean {
    const index = this.#entries.findIndex((entry) => entry.executionId === executionId)
    if (index !== -1) this.#entries.splice(index, 1)
    return index !== -1
  }

  /** The next one that fits, with what it was given. */
  takeNext(capacity: Capacity): { item: QueueItem; taken: Resources } | undefined {
    const head = this.#entries[0]
    const taken = head && capacity.take(head.need, head.isWanted)
    if (!head || !taken) return undefined
    this.#entries.shift()
    return { item: head, taken }
  }

  get length(): number {
    return this.#entries.length
  }

  /** Sum of what waits. */
  get waiting(): Resources {
    return this.#entries.reduce((sum, entry) => addResources(sum, entry.need), noResources())
  }
}
