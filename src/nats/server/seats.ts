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
  readonly #onLine: (name: string, isOpen: boolean) => void

  /** `onLine`: the first connection under a name has come, or the last one is gone. */
  constructor(onLine: (name: string, isOpen: boolean) => void) {
    this.#onLine = onLine
  }

  /** Calls `enter` when no rival holds the name, or none of them answers any more: those are cut off. */
  async contest(name: string, isRival: (other: Holder) => boolean, enter: () => void): Promise<boolean> {
    for (;;) {
      const rivals = [...(this.#seats.get(name) ?? [])].filter(isRival)
      if (rivals.length === 0) {
        enter()
        return true
      }
      if (await this.#cutOffDead(name, rivals)) return false
    }
  }

  /** Whether one more connection may come under the name; if there are `limit`, those that do not answer go. */
  async hasRoom(name: string, limit: number): Promise<boolean> {
    const holders = [...(this.#seats.get(name) ?? [])]
    if (holders.length < limit) return true
    await this.#cutOffDead(name, holders)
    return (this.#seats.get(name)?.size ?? 0) < limit
  }

  /** Cuts off those that do not answer; resolves with whether any does. */
  async #cutOffDead(name: string, holders: readonly Holder[]): Promise<boolean> {
    const answers = await Promise.all(holders.map(({ visitor }) => visitor.isAlive()))
    for (const dead of holders.filter((_, index) => !answers[index])) {
      this.remove(name, dead)
      dead.visitor.fail('Stale Connection')
    }
    return answers.includes(true)
  }

  add(name: string, holder: Holder): void {
    const holders = this.#seats.get(name) ?? new Set()
    this.#seats.set(name, holders.add(holder))
    if (holders.size === 1) this.#onLine(name, true)
  }

  remove(name: string, holder: Holder): void {
    const holders = this.#seats.get(name)
    holders?.delete(holder)
    if (holders?.size !== 0) return
    this.#seats.delete(name)
    this.#onLine(name, false)
  }
}
