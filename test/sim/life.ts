/**
 * One life of a process, from its start to its end. What a dead process still holds may go on computing, but every door
 * (clock, store, bus, engine, client) is closed to it, so that nobody ever hears of it again.
 */
export class Life {
  readonly name: string
  #isAlive = true
  readonly #onEnd: (() => void)[] = []

  constructor(name: string) {
    this.name = name
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  onEnd(act: () => void): void {
    this.#onEnd.push(act)
  }

  end(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const act of this.#onEnd) act()
  }
}
