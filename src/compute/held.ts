import type { WorkRow } from '#contracts/store.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { StopReason } from './run-execution.ts'

/** One execution in this node's hands. */
export class Held {
  /** What is stored of it, or is just being stored. */
  row: WorkRow
  /** What is being done for it, to its end. */
  done: Promise<void> = Promise.resolve()
  /** Aborted when the node leaves, also while a stop is under way. */
  readonly leaving: AbortSignal
  readonly #stop = new AbortController()
  readonly #readable = Promise.withResolvers<void>()
  readonly #content = Promise.withResolvers<string | undefined>()

  constructor(row: WorkRow, leaving: AbortSignal) {
    this.row = row
    this.leaving = leaving
  }

  get id(): ExecutionId {
    return this.row.executionId
  }

  /** Aborted with a StopReason, once and for all. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** Resolves when its output can be read, or it has ended without any. */
  get readable(): Promise<void> {
    return this.#readable.promise
  }

  /** Resolves when it is known what its program's name stands for; undefined = what it stands for here and now. */
  get content(): Promise<string | undefined> {
    return this.#content.promise
  }

  /** The first word counts. */
  useContent(content: string | undefined): void {
    this.#content.resolve(content)
  }

  /** Breaks off whatever is being done for it; the first reason counts. */
  stop(reason: StopReason): void {
    this.#stop.abort(reason)
  }

  becomeReadable(): void {
    this.#readable.resolve()
  }
}

/** Every execution in this node's hands. */
export class Holdings {
  readonly #byId = new Map<ExecutionId, Held>()
  readonly #leave = new AbortController()

  get(id: ExecutionId): Held | undefined {
    return this.#byId.get(id)
  }

  has(id: ExecutionId): boolean {
    return this.#byId.has(id)
  }

  get all(): Held[] {
    return [...this.#byId.values()]
  }

  take(row: WorkRow): Held {
    const held = new Held(row, this.#leave.signal)
    this.#byId.set(held.id, held)
    return held
  }

  /** Lets go of all as they are: the next life of this node takes them up. */
  leave(): void {
    this.#leave.abort()
    for (const held of this.#byId.values()) held.stop('leaving')
  }

  /** It has ended. */
  letGo(held: Held): void {
    if (this.#byId.get(held.id) === held) this.#byId.delete(held.id)
    held.becomeReadable()
  }

  /** Its row was rolled back before it started: what is stored decides what happens next. */
  forget(held: Held): void {
    held.stop('cancelled')
    this.letGo(held)
  }
}
