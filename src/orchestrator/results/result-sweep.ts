import type { KeptResultFile, ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Rounds } from '#lib/rounds.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { typeKey } from '#models/spec-config.ts'

export type ResultSweepParts = {
  store: Pick<Store, 'execution'>
  results: Pick<ResultStore, 'list' | 'remove'>
  clock: Clock
  /** How long a result is kept after it came; 0 = as long as its job. */
  keptMs: number
  /** Most bytes of all results together; 0 = no limit. */
  totalBytes: number
  onError: (error: unknown) => void
}

const restMs = 60_000

/**
 * Removes results that are old enough, whose job is forgotten, that came for an execution which ended without them, and the oldest
 * while there are too many; what is still on its way stays (L7).
 */
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
    const { results, totalBytes, onError } = this.#parts
    try {
      const found = (await results.list()).toSorted((a, b) => a.writtenMs - b.writtenMs)
      let bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      for (const each of found) {
        if (this.#rounds.isStopped) break
        const standing = await this.#standingOf(each)
        const isTooMuch = totalBytes > 0 && bytes > totalBytes && standing === 'kept'
        if (standing !== 'gone' && !isTooMuch) continue
        await results.remove(each.executionId)
        bytes -= each.sizeBytes
      }
    } catch (error) {
      onError(error)
    }
    return restMs
  }

  async #standingOf({ executionId, writtenMs }: KeptResultFile): Promise<'comes' | 'kept' | 'gone'> {
    const { store, clock, keptMs } = this.#parts
    const execution = await store.execution(executionId)
    if (!execution) return 'gone'
    if (!isTerminalExecution(execution.ComputeState.StateType)) return 'comes'
    const isOld = keptMs > 0 && writtenMs < clock.nowMs() - keptMs
    return isOld || typeKey(execution.PublishedResult?.Type ?? '') !== 'link' ? 'gone' : 'kept'
  }
}
