import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from '#lib/clock.ts'

export type HeapCareParts = {
  clock: Clock
  /** How long this process has been at work since its start, in ms. Default: its event loop. */
  activeMs?: () => number
  /** Collects all garbage; `withCode`: and what is compiled. Default: V8's. */
  collect?: (withCode: boolean) => void
  /** Whether bytes outside of the heap count as a part of it. Default: V8's flag. */
  countBytes?: (areCounted: boolean) => void
}

const lookEveryMs = 500
/** Work between two looks of a process that only waits. */
const idleMs = 15
/** So many looks in a row nothing was to do. */
const idleLooks = 2
/**
 * So much work leaves what is worth a collection, in which nothing else is done for some 60 ms. What it has compiled it goes on with:
 * without that each of thousands of jobs costs twice as much.
 */
const worthMs = 1_000
/** Work between two looks of a process that has much to do. */
const busyMs = 100

/**
 * Gives the memory back that the start of a process, or a busy time, has left: V8 collects when it needs room, which a process
 * that waits never does, so that it would keep half as much again for as long as it waits.
 *
 * Of a busy one it has what is outside of the heap, as the bytes of a file on their way are, count as a part of it. Otherwise V8 looks
 * through all that the process keeps after each 64 MiB that came through it: half of the time that a large download takes.
 */
export class HeapCare {
  readonly #clock: Clock
  readonly #activeMs: () => number
  readonly #collect: (withCode: boolean) => void
  readonly #countBytes: (areCounted: boolean) => void
  #isBusy = false
  #seenMs = 0
  /** The start is always worth it. */
  #collectedMs = Number.NEGATIVE_INFINITY
  #looks = 0
  #timer: Timer | undefined

  constructor({ clock, activeMs = loopActiveMs, collect = collectAll, countBytes = countBytesInHeap }: HeapCareParts) {
    this.#clock = clock
    this.#activeMs = activeMs
    this.#collect = collect
    this.#countBytes = countBytes
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
    const workMs = now - this.#seenMs
    this.#seenMs = now
    this.#setBusy(workMs >= busyMs)
    this.#looks = workMs < idleMs ? this.#looks + 1 : 0
    if (this.#looks < idleLooks || now - this.#collectedMs < worthMs) return
    this.#collect(now < worthMs)
    this.#seenMs = this.#activeMs()
    this.#collectedMs = this.#seenMs
  }

  #setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return
    this.#isBusy = isBusy
    this.#countBytes(isBusy)
  }
}

const loopActiveMs = (): number => performance.eventLoopUtilization().active

// Flags are there no longer than they must: code caches count only under those that they were made with.

const countBytesInHeap = (areCounted: boolean): void =>
  setFlagsFromString(`--${areCounted ? '' : 'no-'}external-memory-accounted-in-global-limit`)

/** V8's last resort gives rooms of the heap back, too, and drops what is compiled. */
function collectAll(withCode: boolean): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' | 'regular' }) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: withCode ? 'last-resort' : 'regular' })
}
