import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from '#lib/clock.ts'

export type IdleMemoryParts = {
  clock: Clock
  /** How long this process has been at work since its start, in ms. Default: its event loop. */
  activeMs?: () => number
  /** Collects all garbage. Default: V8's. */
  collect?: () => void
}

const lookEveryMs = 500
/** Work between two looks of a process that only waits. */
const idleMs = 15
/** So many looks in a row nothing was to do. */
const idleLooks = 2
/** So much work leaves what is worth a collection, in which nothing else is done for some 60 ms. */
const worthMs = 1_000

/**
 * Gives the memory back that the start of a process, or a busy time, has left: V8 collects when it needs room, which a process
 * that waits never does, so that it would keep half as much again for as long as it waits.
 */
export class IdleMemory {
  readonly #clock: Clock
  readonly #activeMs: () => number
  readonly #collect: () => void
  #seenMs = 0
  /** The start is always worth it. */
  #collectedMs = Number.NEGATIVE_INFINITY
  #looks = 0
  #timer: Timer | undefined

  constructor({ clock, activeMs = loopActiveMs, collect = collectAll }: IdleMemoryParts) {
    this.#clock = clock
    this.#activeMs = activeMs
    this.#collect = collect
  }

  start(): void {
    this.#timer = this.#clock.after(lookEveryMs, () => {
      this.#look()
      this.start()
    })
  }

  stop(): void {
    this.#timer?.stop()
  }

  #look(): void {
    const now = this.#activeMs()
    this.#looks = now - this.#seenMs < idleMs ? this.#looks + 1 : 0
    this.#seenMs = now
    if (this.#looks < idleLooks || now - this.#collectedMs < worthMs) return
    this.#collect()
    this.#seenMs = this.#activeMs()
    this.#collectedMs = this.#seenMs
  }
}

const loopActiveMs = (): number => performance.eventLoopUtilization().active

/** V8's last resort gives rooms of the heap back, too. The flag is there no longer than it must: code caches count only under the flags that they were made with. */
function collectAll(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: 'last-resort' })
}
