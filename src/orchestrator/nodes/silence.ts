import type { Clock, Timer } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'

/** Tells of each node that was not heard of for a time, at that moment. One timer does for all: it waits for the one heard of longest ago. */
export class Silence {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onSilent: (nodeId: NodeId) => void
  /** In the order of hearing. */
  readonly #heardMs = new Map<NodeId, number>()
  #timer: Timer | undefined
  #isStopped = false

  constructor(clock: Clock, limitMs: number, onSilent: (nodeId: NodeId) => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#onSilent = onSilent
  }

  hear(nodeId: NodeId): void {
    this.#heardMs.delete(nodeId)
    this.#heardMs.set(nodeId, this.#clock.monotonicMs())
    this.#wind()
  }

  isHeardWithin(nodeId: NodeId, ms: number): boolean {
    const heardMs = this.#heardMs.get(nodeId)
    return heardMs !== undefined && heardMs >= this.#clock.monotonicMs() - ms
  }

  forget(nodeId: NodeId): void {
    this.#heardMs.delete(nodeId)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.stop()
  }

  #wind(): void {
    if (this.#isStopped || this.#timer) return
    // Not at each sign of life: a map steps over all that was taken from its front.
    const [first] = this.#heardMs.values()
    if (first === undefined) return
    const delayMs = Math.ceil(first + this.#limitMs - this.#clock.monotonicMs())
    this.#timer = this.#clock.after(Math.max(0, delayMs), () => {
      this.#timer = undefined
      this.#tell()
      this.#wind()
    })
  }

  #tell(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [nodeId, heardMs] of this.#heardMs) {
      // Reckoned as `#wind` does: with another rounding the timer would come again at once, and again.
      if (heardMs + this.#limitMs > nowMs) return
      this.#heardMs.delete(nodeId)
      this.#onSilent(nodeId)
    }
  }
}
