import type { Store } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'

export type AcksParts = {
  store: Store
  clock: Clock
  /** What these peers have applied could not be stored: their rows are in the outbox still. */
  onFailed: (peers: readonly string[]) => void
}

/** A change for each would cost thousands of nodes that answer at once more than what they answer to. */
const togetherMs = 10
const retryMs = 1_000

/** How far peers of other processes have come: stored together. Lost with a crash, it costs sending again what they then know to have come before. */
export class Acks {
  readonly #parts: AcksParts
  readonly #seqs = new Map<string, number>()
  #timer: Timer | undefined

  constructor(parts: AcksParts) {
    this.#parts = parts
  }

  add(peer: string, seq: number): void {
    this.#seqs.set(peer, seq)
    this.#timer ??= this.#parts.clock.after(togetherMs, () => this.#store())
  }

  /** The peer may count anew from here on. */
  forget(peer: string): void {
    this.#seqs.delete(peer)
  }

  /** Rows that were acknowledged may have vanished, and others get their numbers. */
  forgetAll(): void {
    this.#seqs.clear()
  }

  /** What has come is stored now. */
  stop(): void {
    this.#store()
  }

  #store(): void {
    this.#timer?.stop()
    this.#timer = undefined
    if (this.#seqs.size === 0) return
    const acked = Array.from(this.#seqs, ([peer, seq]) => ({ peer, seq }))
    this.#seqs.clear()
    const { store, clock, onFailed } = this.#parts
    store.commit({ acked, canWait: true }).catch(() => {
      clock.after(retryMs, () => onFailed(acked.map(({ peer }) => peer)))
    })
  }
}
