import { Counts } from './counts.ts'
import type { FaultProfile } from './fault-profile.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export type Violation = { invariant: string; text: string; atUs: number; event: number }

/** What every part of one simulated cluster shares: time, chance, the faults that may happen, and what has been seen. */
export class World {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly faults: FaultProfile
  readonly counts = new Counts()
  violation: Violation | undefined
  /** Faults happen until then. */
  isHealed = false
  /** The simulator itself reads, which never fails. */
  isLooking = false
  readonly #trace: Trace

  constructor(parts: { timeline: Timeline; random: SeededRandom; faults: FaultProfile; trace: Trace }) {
    this.timeline = parts.timeline
    this.random = parts.random
    this.faults = parts.faults
    this.#trace = parts.trace
  }

  note(text: string): void {
    this.#trace.note(this.timeline.nowUs, text)
  }

  /** Something is false that must always be true. The first one counts. */
  violate(invariant: string, text: string): void {
    this.note(`VIOLATION ${invariant}: ${text}`)
    this.violation ??= { invariant, text, atUs: this.timeline.nowUs, event: this.timeline.count }
  }

  /** A fault of this kind happens now, and is counted; never after the healing. */
  strikes(kind: keyof FaultProfile['chances']): boolean {
    if (this.isHealed || this.isLooking || !this.random.happens(this.faults.chances[kind])) return false
    this.counts.add(kind)
    return true
  }
}
