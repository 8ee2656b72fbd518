import { LRUCache } from 'lru-cache'
import type { StateTables } from './state-tables.ts'

type LastKeys = { job: number; version: number; execution: number }
const lastKeysName = 'last_keys'

/** Gives out the integer keys of new rows and the numbers of history lines. There is one writer, so it counts in memory. */
export class Keys {
  readonly #tables: StateTables
  #job: number | undefined
  #version: number | undefined
  #execution: number | undefined
  #work: number | undefined
  /** The last number of a job's history. */
  readonly #seqs = new LRUCache<number, number>({ max: 8_192 })

  constructor(tables: StateTables) {
    this.#tables = tables
  }

  nextJob(): number {
    this.#job = this.#lastJob() + 1
    return this.#job
  }

  nextVersion(): number {
    this.#version = this.#lastVersion() + 1
    return this.#version
  }

  nextExecution(): number {
    this.#execution = this.#lastExecution() + 1
    return this.#execution
  }

  nextWork(): number {
    this.#work = (this.#work ?? this.#tables.work.lastKey()) + 1
    return this.#work
  }

  /** Before rows are removed: what they leave may still be named by its key, so that none is given out twice. */
  keepLast(): void {
    const last: LastKeys = { job: this.#lastJob(), version: this.#lastVersion(), execution: this.#lastExecution() }
    this.#tables.meta.put(lastKeysName, JSON.stringify(last))
  }

  /** A job that has just been made, or whose history was removed, has no line. */
  startHistory(jobKey: number): void {
    this.#seqs.set(jobKey, 0)
  }

  /** The first of the next so many numbers: 1, 2, 3 … per job. */
  nextSeqs(jobKey: number, count: number): number {
    const last = this.#seqs.get(jobKey) ?? this.#tables.history.lastSeq(jobKey)
    this.#seqs.set(jobKey, last + count)
    return last + 1
  }

  /** After a rollback: the rows tell again. */
  forget(): void {
    this.#job = undefined
    this.#version = undefined
    this.#execution = undefined
    this.#work = undefined
    this.#seqs.clear()
  }

  #lastJob(): number {
    return this.#job ?? Math.max(this.#tables.jobs.lastKey(), this.#kept().job)
  }

  #lastVersion(): number {
    return this.#version ?? Math.max(this.#tables.versions.lastKey(), this.#kept().version)
  }

  #lastExecution(): number {
    return this.#execution ?? Math.max(this.#tables.executions.lastKey(), this.#kept().execution)
  }

  #kept(): LastKeys {
    const text = this.#tables.meta.get(lastKeysName)
    return text === undefined ? noKeys : JSON.parse(text)
  }
}

const noKeys: LastKeys = { job: 0, version: 0, execution: 0 }
