import type { Clock } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { LogFiles } from './log-files.ts'

export type LogSweepParts = {
  logs: LogFiles
  clock: Clock
  /** How long output is kept after its last byte; 0 = for ever. */
  keptMs: number
  /** Whether the execution has not ended, however long it has been silent. */
  isAtWork: (executionId: ExecutionId) => Promise<boolean>
  onError: (error: unknown) => void
}

/** Removes kept output that is old enough (W23). */
export class LogSweep implements Startable {
  readonly #parts: LogSweepParts
  readonly #rounds: Rounds

  constructor(parts: LogSweepParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, () => this.#round())
  }

  async start(): Promise<void> {
    if (this.#parts.keptMs > 0) this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(): Promise<number> {
    const { logs, clock, keptMs, isAtWork, onError } = this.#parts
    try {
      for await (const executionId of logs.silentSince(clock.nowMs() - keptMs)) {
        if (this.#rounds.isStopped) break
        if (!(await isAtWork(executionId))) await logs.remove(executionId)
      }
    } catch (error) {
      onError(error)
    }
    return restForAge(keptMs)
  }
}
