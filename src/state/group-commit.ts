import type { SqlDatabase } from '#contracts/sql.ts'
import type { Change } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { Keys } from './keys.ts'
import { ChangeResolver, type Refusal } from './resolved-change.ts'
import type { StateTables } from './state-tables.ts'
import { type Written, writeChange } from './write-change.ts'

/** Changes that become durable together. */
type Group = {
  changes: Change[]
  durable: PromiseWithResolvers<void>
  /** Somebody waits for it; since when, by the clock's monotonic time. */
  dueSinceMs?: number
  lastChangeMs: number
  patience?: Timer
}

/** How long a change that can wait does. */
const patienceMs = 500
/**
 * While the process has work at hand, a group waits for what that brings, so that more share a sync and the pages that every
 * group writes again: no longer than this, and not when nothing has come for a while.
 */
const longestWaitMs = 25
const longestPauseMs = 2
/** The event loop hands out what thousands of lines have brought before it turns. Each group writes again what all of them share. */
const longestTurnMs = 100

export type GroupCommitOptions = {
  /** Runs its argument after the work of the current turn of the event loop. */
  nextTurn: (then: () => void) => void
  /** Whether the turn before had work. */
  isBusy: () => boolean
}

export type Applied = Written & { kind: 'applied'; durable: Promise<void> }

/** One writer: applies changes inside the open transaction and commits it at the next flush. */
export class GroupCommit {
  readonly #database: SqlDatabase
  readonly #tables: StateTables
  readonly #keys: Keys
  readonly #clock: Clock
  readonly #options: GroupCommitOptions
  readonly #lostListeners: (() => void)[] = []
  #group: Group | undefined

  constructor(database: SqlDatabase, tables: StateTables, clock: Clock, options: GroupCommitOptions) {
    this.#database = database
    this.#tables = tables
    this.#keys = new Keys(tables)
    this.#clock = clock
    this.#options = options
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener)
  }

  /** Throws when the world fails; the changes before stay as they are if the database lets them. */
  apply(change: Change): Applied | Refusal {
    // It was decided on what is lost now.
    if (this.heedRollback() || !this.#flushOverdue()) throw rolledBack()
    const answer = this.#resolve(change)
    if ('refusal' in answer) return answer.refusal
    const group = this.#openGroup()
    if (change.canWait) group.patience ??= this.#clock.after(patienceMs, () => this.#hasten(group))
    else this.#hasten(group)
    try {
      const written = writeChange(this.#tables, this.#keys, change, answer.resolved)
      group.changes.push(change)
      group.lastChangeMs = this.#clock.monotonicMs()
      return { kind: 'applied', durable: group.durable.promise, ...written }
    } catch (error) {
      this.#takeBackLast(group, error)
      throw error
    }
  }

  #resolve(change: Change): ReturnType<ChangeResolver['resolve']> {
    try {
      return new ChangeResolver(this.#tables, this.#keys).resolve(change)
    } catch (error) {
      this.heedRollback()
      throw error
    }
  }

  /** Whether the database has rolled what was applied back by itself; then it is lost from here on, and its listeners know. */
  heedRollback(): boolean {
    const isLost = this.#group !== undefined && !this.#database.isInTransaction()
    if (isLost) this.flush()
    return isLost
  }

  /** Pending until all that was applied is durable; undefined when it is. */
  pending(): Promise<void> | undefined {
    if (this.#group) this.#hasten(this.#group)
    return this.#group?.durable.promise
  }

  /** False = all of it is lost. */
  flush(): boolean {
    const group = this.#group
    if (!group) return true
    this.#leave(group)
    try {
      if (!this.#database.isInTransaction()) throw rolledBack()
      this.#tables.write()
      this.#database.exec('commit')
    } catch (error) {
      this.#lose(group, error)
      return false
    }
    group.durable.resolve()
    return true
  }

  #flushOverdue(): boolean {
    const sinceMs = this.#group?.dueSinceMs
    return sinceMs === undefined || this.#clock.monotonicMs() - sinceMs < longestTurnMs || this.flush()
  }

  #openGroup(): Group {
    if (this.#group) return this.#group
    this.#database.exec('begin immediate')
    const durable = Promise.withResolvers<void>()
    // Nobody has to wait for it; whoever does gets the failure.
    durable.promise.catch(() => {})
    this.#group = { changes: [], durable, lastChangeMs: this.#clock.monotonicMs() }
    return this.#group
  }

  #leave(group: Group): void {
    this.#group = undefined
    group.patience?.stop()
  }

  /** It becomes durable soon. */
  #hasten(group: Group): void {
    if (group.dueSinceMs !== undefined) return
    group.dueSinceMs = this.#clock.monotonicMs()
    this.#flushWhenQuiet(group, group.dueSinceMs)
  }

  #flushWhenQuiet(group: Group, sinceMs: number): void {
    this.#options.nextTurn(() => {
      if (this.#group !== group) return
      const nowMs = this.#clock.monotonicMs()
      const isWorthIt = nowMs - sinceMs < longestWaitMs && nowMs - group.lastChangeMs < longestPauseMs
      if (isWorthIt && this.#options.isBusy()) this.#flushWhenQuiet(group, sinceMs)
      else this.flush()
    })
  }

  /**
   * A change failed between two of its rows. A savepoint for each change would cost every good one a copy of the pages
   * it touches; instead the few before it are applied again, which gives the same rows and numbers.
   */
  #takeBackLast(group: Group, error: unknown): void {
    try {
      this.#rollback()
      if (group.changes.length === 0) this.#leave(group)
      else this.#applyAgain(group.changes)
    } catch {
      this.#leave(group)
      this.#lose(group, error)
    }
  }

  #applyAgain(changes: readonly Change[]): void {
    this.#database.exec('begin immediate')
    for (const change of changes) {
      const answer = new ChangeResolver(this.#tables, this.#keys).resolve(change)
      assert('resolved' in answer, 'a change that was applied is applied again')
      writeChange(this.#tables, this.#keys, change, answer.resolved)
    }
  }

  #lose(group: Group, error: unknown): void {
    this.#rollback()
    group.durable.reject(error)
    for (const listener of this.#lostListeners) listener()
  }

  #rollback(): void {
    this.#keys.forget()
    this.#tables.forget()
    if (this.#database.isInTransaction()) this.#database.exec('rollback')
  }
}

/** A database without space or memory does so by itself, even at a read; what came then would stand without the rest. */
const rolledBack = (): Fault =>
  new Fault('ServiceUnavailable', 'the database has rolled its transaction back', { isRetryable: true })
