import type { Clock, Timer } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
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

const secondMs = 1_000
const minuteMs = 60_000

/** Removes kept output that is old enough (W23). */
export class LogSweep implements Startable {
  readonly #parts: LogSweepParts
  #timer: Timer | undefined
  #turn: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(parts: LogSweepParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    if (this.#parts.keptMs > 0) this.#goOnAfter(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.stop()
    await this.#turn
  }

  #goOnAfter(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#turn = this.#sweep().catch(this.#parts.onError)
    })
  }

  async #sweep(): Promise<void> {
    const { logs, clock, keptMs, isAtWork } = this.#parts
    try {
      for await (const executionId of logs.silentSince(clock.nowMs() - keptMs)) {
        if (this.#isStopped) return
        if (!(await isAtWork(executionId))) await logs.remove(executionId)
      }
    } finally {
      this.#goOnAfter(Math.min(minuteMs, Math.max(secondMs, keptMs / 10)))
    }
  }
}
