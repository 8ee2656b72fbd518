import { LRUCache } from 'lru-cache'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'

type HeldExecution = { key: number; execution: Execution }

/** As many as a large job has, while their output is small. In bytes, roughly. */
const limits = { max: 16_384, maxSize: 16_777_216 }
const bytesOf = ({ execution: { RunOutput } }: HeldExecution): number =>
  1_024 + (RunOutput ? RunOutput.Stdout.length + RunOutput.stderr.length : 0)

/**
 * Executions that were stored, changed or read of late, so that a report finds in memory what it changes, and several
 * reports write one row. What is handed out is never changed.
 */
export class HeldExecutions {
  readonly #late = new LRUCache<ExecutionId, HeldExecution>({ ...limits, sizeCalculation: bytesOf })
  /** Whose rows are older. */
  readonly #changed = new Map<ExecutionId, HeldExecution>()

  get(id: ExecutionId): HeldExecution | undefined {
    return this.#changed.get(id) ?? this.#late.get(id)
  }

  /** It is as its row says. */
  hold(key: number, execution: Execution): void {
    this.#changed.delete(execution.ID)
    this.#late.set(execution.ID, { key, execution })
  }

  /** Its row is to be written. */
  change(key: number, execution: Execution): void {
    this.#changed.set(execution.ID, { key, execution })
  }

  /** Those whose rows are older, which are now to be written. */
  takeChanged(): HeldExecution[] {
    const changed = [...this.#changed.values()]
    for (const { key, execution } of changed) this.hold(key, execution)
    return changed
  }

  remove(id: ExecutionId): void {
    this.#changed.delete(id)
    this.#late.delete(id)
  }

  forget(): void {
    this.#changed.clear()
    this.#late.clear()
  }
}
