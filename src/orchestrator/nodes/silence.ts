import type { Clock, Timer } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'

/** So many times in that of silence it is looked whether this process has run meanwhile. */
const looks = 10

/**
 * Tells of each node that was not heard of for a time, at that moment. One timer does for all: it waits for the one heard of longest
 * ago. Time in which this process was frozen, or waited for a disk, is not held against the nodes: nobody was there to hear them.
 */
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
    const nowMs = this.#clock.monotonicMs()
    const delayMs = Math.max(0, Math.ceil(Math.min(first + this.#limitMs - nowMs, this.#limitMs / looks)))
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined
      this.#forgive(nowMs + delayMs)
      this.#tell()
      this.#wind()
    })
  }

  /** What is to come at that time comes later by as much as this process did not run. */
  #forgive(dueMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - dueMs < this.#limitMs / looks) return
    for (const [nodeId, heardMs] of this.#heardMs) this.#heardMs.set(nodeId, Math.min(nowMs, heardMs + nowMs - dueMs))
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
