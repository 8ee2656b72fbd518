import type { Clock } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { LogFiles } from './log-files.ts'
import { type LogLimit, type LogPolicy, limitBeyond } from './log-policy.ts'

/** How many outputs went in one round, by the limit they were beyond. */
export type Swept = Partial<Record<LogLimit, number>>

export type LogSweepParts = {
  logs: LogFiles
  clock: Clock
  policy: LogPolicy
  /** Whether the execution has not ended, however long it has been silent. */
  isAtWork: (executionId: ExecutionId) => Promise<boolean>
  onSwept: (swept: Swept) => void
  onError: (error: unknown) => void
}

const longestRestMs = 60_000

/** Removes the oldest output of executions that have ended, as far as the policy of the node says so (W23, L7). */
export class LogSweep implements Startable {
  readonly #parts: LogSweepParts
  readonly #rounds: Rounds

  constructor(parts: LogSweepParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, () => this.#round())
  }

  async start(): Promise<void> {
    const { keptMs, totalBytes, count } = this.#parts.policy
    if (keptMs + totalBytes + count > 0) this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(): Promise<number> {
    const { policy, onError } = this.#parts
    await this.#sweep().catch(onError)
    return policy.keptMs > 0 ? restForAge(policy.keptMs) : longestRestMs
  }

  async #sweep(): Promise<void> {
    const { logs, clock, policy, isAtWork, onSwept } = this.#parts
    const files = await logs.files()
    const left = { bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), count: files.length }
    const swept: Swept = {}
    for (const file of files) {
      const limit = limitBeyond(file, left, policy, clock.nowMs())
      if (limit === undefined || this.#rounds.isStopped) break
      if (logs.isOpen(file.executionId) || (await isAtWork(file.executionId))) continue
      await logs.remove(file.executionId)
      left.bytes -= file.sizeBytes
      left.count -= 1
      swept[limit] = (swept[limit] ?? 0) + 1
    }
    if (Object.keys(swept).length > 0) onSwept(swept)
  }
}
