import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Rounds } from '#lib/rounds.ts'
import { isTerminalExecution } from '#models/execution-state.ts'

export type ResultSweepParts = {
  store: Store
  results: ResultStore
  clock: Clock
  /** How long a result is kept after it came; 0 = as long as its job. */
  keptMs: number
  onError: (error: unknown) => void
}

const restMs = 60_000

/** Removes results that are old enough, whose job is forgotten, or that came in part for an execution that has ended (L7). */
export class ResultSweep implements Startable {
  readonly #parts: ResultSweepParts
  readonly #rounds: Rounds

  constructor(parts: ResultSweepParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, () => this.#round())
  }

  async start(): Promise<void> {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(): Promise<number> {
    const { store, results, clock, keptMs, onError } = this.#parts
    try {
      for (const { executionId, writtenMs } of await results.list()) {
        if (this.#rounds.isStopped) break
        const execution = await store.execution(executionId)
        const isWanted =
          execution !== undefined &&
          (!isTerminalExecution(execution.ComputeState.StateType) || execution.ComputeState.StateType === 'Completed')
        const isOld = keptMs > 0 && writtenMs < clock.nowMs() - keptMs
        if (!isWanted || isOld) await results.remove(executionId)
      }
    } catch (error) {
      onError(error)
    }
    return restMs
  }
}
