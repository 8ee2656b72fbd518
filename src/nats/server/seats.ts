import type { Visitor } from './door.ts'

/** One connection under a node's name. */
export type Holder = {
  readonly visitor: Visitor
  /** What tells this machine from others. */
  readonly machine: string
  /** Such a machine has one connection: another one is a copy of it, or its next life. */
  readonly isAlone: boolean
  /** What tells this process from others of the machine, once it is known. */
  process?: string
}

/** Who is connected under which name. A name belongs to one machine, as long as that answers. */
export class Seats {
  readonly #seats = new Map<string, Set<Holder>>()

  count(name: string): number {
    return this.#seats.get(name)?.size ?? 0
  }

  /** Calls `enter` when no rival holds the name, or none of them answers any more: those are cut off. */
  async contest(name: string, isRival: (other: Holder) => boolean, enter: () => void): Promise<boolean> {
    for (;;) {
      const rivals = [...(this.#seats.get(name) ?? [])].filter(isRival)
      if (rivals.length === 0) {
        enter()
        return true
      }
      const answers = await Promise.all(rivals.map(({ visitor }) => visitor.isAlive()))
      if (answers.includes(true)) return false
      for (const rival of rivals) {
        this.remove(name, rival)
        rival.visitor.fail('Stale Connection')
      }
    }
  }

  add(name: string, holder: Holder): void {
    const holders = this.#seats.get(name) ?? new Set()
    this.#seats.set(name, holders.add(holder))
  }

  remove(name: string, holder: Holder): void {
    const holders = this.#seats.get(name)
    holders?.delete(holder)
    if (holders?.size === 0) this.#seats.delete(name)
  }
}
