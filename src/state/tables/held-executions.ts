import { LRUCache } from 'lru-cache'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId } from '#models/ids.ts'
import { passesBeforeWritten } from './passes.ts'

export type HeldExecution = { key: number; execution: Execution }

/** What its row lacks. `newOf`: key of the job of one that has no row. `isRowLive`: as the row says. */
export type UnwrittenExecution = HeldExecution & { newOf?: number; isRowLive: boolean; passes: number }

/** As many as a large job has, while their output is small. In bytes, roughly. */
const limits = { max: 16_384, maxSize: 16_777_216 }
const bytesOf = ({ execution: { RunOutput } }: HeldExecution): number =>
  1_024 + (RunOutput ? RunOutput.Stdout.length + RunOutput.stderr.length : 0)

/**
 * Executions that were stored, changed or read of late, so that a report finds in memory what it changes, and one that ends soon
 * is one row, written once. What is handed out is never changed.
 */
export class HeldExecutions {
  readonly #late = new LRUCache<ExecutionId, HeldExecution>({ ...limits, sizeCalculation: bytesOf })
  readonly #unwritten = new Map<ExecutionId, UnwrittenExecution>()
  /** Those without a row, by key of their job, in the order of their keys. */
  readonly #newOfJob = new Map<number, Set<ExecutionId>>()

  get(id: ExecutionId): HeldExecution | undefined {
    return this.#unwritten.get(id) ?? this.#late.get(id)
  }

  /** It is as its row says. */
  hold(key: number, execution: Execution): void {
    this.#late.set(execution.ID, { key, execution })
  }

  /** It has no row yet. */
  add(key: number, jobKey: number, execution: Execution): void {
    this.#unwritten.set(execution.ID, { key, execution, newOf: jobKey, isRowLive: false, passes: 0 })
    const others = this.#newOfJob.get(jobKey)
    if (others) others.add(execution.ID)
    else this.#newOfJob.set(jobKey, new Set([execution.ID]))
  }

  /** Its row is older. */
  change(key: number, execution: Execution, isRowLive: boolean): void {
    const unwritten = this.#unwritten.get(execution.ID)
    if (unwritten) unwritten.execution = execution
    else this.#unwritten.set(execution.ID, { key, execution, isRowLive, passes: 0 })
  }

  newOfJob(jobKey: number): HeldExecution[] {
    const ids = this.#newOfJob.get(jobKey)
    return ids ? Array.from(ids, (id) => this.#unwritten.get(id)).filter((each) => each !== undefined) : []
  }

  /** All of which a row is older or missing. */
  unwritten(): Iterable<HeldExecution> {
    return this.#unwritten.values()
  }

  /** What is now written; those that change soon again only when it is all. */
  takeUnwritten(isAll: boolean): UnwrittenExecution[] {
    const taken: UnwrittenExecution[] = []
    for (const unwritten of this.#unwritten.values()) {
      const { ComputeState } = unwritten.execution
      const isDue = isAll || isTerminalExecution(ComputeState.StateType) || unwritten.passes >= passesBeforeWritten
      if (isDue) taken.push(unwritten)
      else unwritten.passes++
    }
    for (const { key, execution } of taken) {
      this.#leave(execution.ID)
      this.hold(key, execution)
    }
    return taken
  }

  remove(id: ExecutionId): void {
    this.#leave(id)
    this.#late.delete(id)
  }

  forget(): void {
    this.#unwritten.clear()
    this.#newOfJob.clear()
    this.#late.clear()
  }

  #leave(id: ExecutionId): void {
    const newOf = this.#unwritten.get(id)?.newOf
    this.#unwritten.delete(id)
    if (newOf === undefined) return
    const others = this.#newOfJob.get(newOf)
    others?.delete(id)
    if (others?.size === 0) this.#newOfJob.delete(newOf)
  }
}
