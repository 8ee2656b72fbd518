import type { NodeId } from '#models/ids.ts'

/** So many are remembered at least; who looked before that looks at all nodes again. */
const kept = 4_096

/** Which nodes may take more than before, and since when: so who found no place looks at these only. Marks grow and are never used twice. */
export class BetterNodes {
  #log: NodeId[] = []
  #before = 0

  /** Whatever gets better from now on comes after this mark. */
  get mark(): number {
    return this.#before + this.#log.length
  }

  note(id: NodeId): void {
    this.#log.push(id)
    if (this.#log.length > 2 * kept) this.#forget(kept)
  }

  /** Undefined: it is too long ago. */
  since(mark: number): Set<NodeId> | undefined {
    return mark < this.#before ? undefined : new Set(this.#log.slice(mark - this.#before))
  }

  /** All marks are too old. */
  clear(): void {
    this.#forget(this.#log.length)
    this.#before += 1
  }

  #forget(count: number): void {
    this.#log = this.#log.slice(count)
    this.#before += count
  }
}
