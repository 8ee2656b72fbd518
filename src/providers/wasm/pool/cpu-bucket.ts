/** Processor time a run may use at once before its share holds it, so that short programs and loading are not slowed. */
const allowanceMs = 250

/** The processor time a run has left: it fills by the share of a core its job asked for, and never beyond the allowance. */
export class CpuBucket {
  readonly #cores: number
  #leftMs = allowanceMs
  #seen: { atMs: number; usedMs: number }

  /** Both times as they are now: the clock's, and what the process has used so far, in ms. */
  constructor(cores: number, atMs: number, usedMs: number) {
    this.#cores = cores
    this.#seen = { atMs, usedMs }
  }

  /** How long the run has to rest, in ms; 0 = not at all. */
  restMs(atMs: number, usedMs: number): number {
    const earnedMs = (atMs - this.#seen.atMs) * this.#cores
    this.#leftMs = Math.min(allowanceMs, this.#leftMs + earnedMs) - (usedMs - this.#seen.usedMs)
    this.#seen = { atMs, usedMs }
    return Math.max(0, -this.#leftMs / this.#cores)
  }
}
