import type { StateTables } from './state-tables.ts'

/** Gives out the integer keys of new rows and the numbers of history lines. There is one writer, so it counts in memory. */
export class Keys {
  readonly #tables: StateTables
  #job: number | undefined
  #version: number | undefined
  #execution: number | undefined
  #work: number | undefined
  #seqs = new Map<number, number>()

  constructor(tables: StateTables) {
    this.#tables = tables
  }

  nextJob(): number {
    this.#job = (this.#job ?? this.#tables.jobs.lastKey()) + 1
    return this.#job
  }

  nextVersion(): number {
    this.#version = (this.#version ?? this.#tables.versions.lastKey()) + 1
    return this.#version
  }

  nextExecution(): number {
    this.#execution = (this.#execution ?? this.#tables.executions.lastKey()) + 1
    return this.#execution
  }

  nextWork(): number {
    this.#work = (this.#work ?? this.#tables.work.lastKey()) + 1
    return this.#work
  }

  /** A job that has just been made has no line yet. */
  startHistory(jobKey: number): void {
    this.#seqs.set(jobKey, 0)
  }

  /** 1, 2, 3 … per job. */
  nextSeq(jobKey: number): number {
    const seq = (this.#seqs.get(jobKey) ?? this.#tables.history.lastSeq(jobKey)) + 1
    if (this.#seqs.size >= seqsLimit) this.#seqs.clear()
    this.#seqs.set(jobKey, seq)
    return seq
  }

  /** After a rollback: the rows tell again. */
  forget(): void {
    this.#job = undefined
    this.#version = undefined
    this.#execution = undefined
    this.#work = undefined
    this.#seqs.clear()
  }
}

const seqsLimit = 10_000
