import { availableParallelism } from 'node:os'
import type { Clock } from '#lib/clock.ts'
import { CpuTurns } from './cpu-turns.ts'
import { HeldProgram } from './held-program.ts'

/** Between two looks at what runs: short against the allowance, long against what a hundred looks cost. */
const lookMs = 50
/** Enough that no core is idle when one of them waits for something, and few enough that the node comes before them. */
const mostPerCore = 2

/**
 * Holds running children to less than a core, without root: one that has used more than its share is stopped until it may go
 * on. Each weighs as much as it may use, and of many that compute only some do so at once, so that together they do not keep
 * the node from answering.
 */
export class CpuLimit {
  readonly #clock: Clock
  readonly #held = new Set<HeldProgram>()
  readonly #turns = new CpuTurns<HeldProgram>(mostPerCore * availableParallelism())
  #isLooking = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now until the function that is returned is called; `cores` of 0 means no limit. */
  hold(pid: number, cores: number): () => void {
    const held = new HeldProgram(pid, cores > 0 ? Math.min(cores, 1) : 1)
    this.#held.add(held)
    if (!this.#isLooking) this.#lookLater()
    return () => {
      this.#held.delete(held)
      held.release()
    }
  }

  #lookLater(): void {
    this.#isLooking = true
    this.#clock.after(lookMs, () => this.#look())
  }

  #look(): void {
    this.#isLooking = false
    if (this.#held.size > 0) this.#lookLater()
    const nowMs = this.#clock.monotonicMs()
    const looks = [...this.#held].map((held) => ({ held, doing: held.look(nowMs) }))
    const computing = looks.flatMap(({ held, doing }) => (doing === 'computes' ? held : []))
    const waiting = this.#turns.waiting(new Set(computing))
    for (const { held, doing } of looks) held.setStopped(doing === 'rests' || waiting.has(held))
  }
}
