/**
 * One life of a process, from its start to its end. What a dead process still holds may go on computing, but every door
 * (clock, store, bus, engine, client) is closed to it, so that nobody ever hears of it again.
 */
export class Life {
  readonly name: string
  #isAlive = true
  /** What has come up since it was stopped in the middle of everything. */
  #asleep: (() => void)[] | undefined
  readonly #onEnd: (() => void)[] = []

  constructor(name: string) {
    this.name = name
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Does it when the process runs; never when that is dead. */
  run(act: () => void): void {
    if (!this.#isAlive) return
    if (this.#asleep) this.#asleep.push(act)
    else act()
  }

  /** As by SIGSTOP: nothing happens in it, and it does not know. */
  sleep(): void {
    this.#asleep ??= []
  }

  /** As by SIGCONT; what has come up is to be done now, in this order. */
  wake(): (() => void)[] {
    const acts = this.#asleep ?? []
    this.#asleep = undefined
    return acts
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
