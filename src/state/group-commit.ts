import type { Change } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { type JournaledTables, rolledBack } from './journaled-tables.ts'
import type { Refusal } from './resolved-change.ts'
import type { ShortChange } from './short-change.ts'
import type { Written } from './write-change.ts'

/** Changes that become durable together. */
type Group = {
  changes: ShortChange[]
  durable: PromiseWithResolvers<void>
  /** Somebody waits for it; since when, by the clock's monotonic time. */
  dueSinceMs?: number
  lastChangeMs: number
  patience?: Timer
}

/** How long a change that can wait does. */
const patienceMs = 500
/**
 * While the process has work at hand, a group waits for what that brings, so that more share a sync: no longer than this, and not
 * when nothing has come for a while.
 */
const longestWaitMs = 25
const longestPauseMs = 2
/** The event loop hands out what thousands of lines have brought before it turns. */
const longestTurnMs = 100
/**
 * The tables are written to disk when so many changes wait for that, or the first of them has waited so long. The longer, the fewer
 * pages are written for one of them; but a start after a crash applies them again.
 */
const settledChanges = 6_000
const settledMs = 5_000
/** Their rows are made in between, a few at a time, because that holds up everything else. */
const writtenChanges = 500
/** When the disk has no room for the tables. */
const settleRetryMs = 5_000
/** While they cannot be written, no more changes than this wait for it: all of them are applied again after each failure. */
const mostUnsettled = 2 * settledChanges
/** What fails while so much is applied again costs seconds each time: then it is left alone for twice as long. */
const longRestoreMs = 100
const restPerRestore = 2

export type GroupCommitOptions = {
  /** Runs its argument after the work of the current turn of the event loop. */
  nextTurn: (then: () => void) => void
  /** Whether the turn before had work. */
  isBusy: () => boolean
  log: EventLog
}

export type Applied = Written & { kind: 'applied'; durable: Promise<void> }

/** One writer: applies changes to the tables and keeps them in the journal at the next flush; the tables are written seldom. */
export class GroupCommit {
  readonly #tables: JournaledTables
  readonly #clock: Clock
  readonly #options: GroupCommitOptions
  readonly #lostListeners: (() => void)[] = []
  #group: Group | undefined
  #settling: Timer | undefined
  #isWritingAsked = false
  /** Why the tables could not be written, as long as they are not. */
  #settleFailure: { error: unknown } | undefined
  /** Until then nothing is tried that failed. */
  #rest: { untilMs: number; error: unknown } | undefined

  constructor(tables: JournaledTables, clock: Clock, options: GroupCommitOptions) {
    this.#tables = tables
    this.#clock = clock
    this.#options = options
    if (tables.unsettled > 0) this.#settleLater()
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener)
  }

  /** Throws when the world fails; the changes before stay as they are if the database lets them. */
  apply(change: Change): Applied | Refusal {
    // It was decided on what is lost now.
    if (this.heedRollback() || !this.#flushOverdue()) throw rolledBack()
    if (this.#isResting) throw this.#rest?.error
    this.requireWhole()
    if (this.#settleFailure && this.#tables.unsettled >= mostUnsettled) throw this.#settleFailure.error
    const answer = this.#resolve(change)
    if ('refusal' in answer) return answer.refusal
    const group = this.#openGroup()
    if (change.canWait) group.patience ??= this.#clock.after(patienceMs, () => this.#hasten(group))
    else this.#hasten(group)
    try {
      const { short, ...written } = this.#tables.write(change, answer.resolved)
      group.changes.push(short)
      group.lastChangeMs = this.#clock.monotonicMs()
      return { kind: 'applied', durable: group.durable.promise, ...written }
    } catch (error) {
      this.#takeBackLast(group, error)
      throw error
    }
  }

  /** Before a read. Throws while the tables do not tell what was decided. */
  requireWhole(): void {
    if (!this.#tables.isBehind) return
    if (this.#isResting) throw this.#rest?.error
    this.#restoring(() => this.#tables.requireWhole())
  }

  /** Before a read that goes by rows. Where they cannot be written, it goes by those that are: they lack the last moments. */
  requireRows(): void {
    this.requireWhole()
    if (this.#settleFailure) return
    try {
      this.#tables.writeAllRows()
    } catch (error) {
      this.#notWritten(error)
      if (this.#group) this.#takeBackLast(this.#group, error)
      else this.#restore(error)
      this.requireWhole()
    }
  }

  #resolve(change: Change): ReturnType<JournaledTables['resolve']> {
    try {
      return this.#tables.resolve(change)
    } catch (error) {
      this.heedRollback()
      throw error
    }
  }

  /** Whether the database has rolled an open group back by itself; then it is lost from here on, and its listeners know. */
  heedRollback(): boolean {
    if (!this.#tables.isRolledBack) return false
    const isLost = this.#group !== undefined
    if (isLost) this.flush()
    else this.#restore()
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
      this.#tables.keep(group.changes)
    } catch (error) {
      this.#lose(group, error)
      return false
    }
    group.durable.resolve()
    this.#settleLater()
    return true
  }

  /** What was applied is in the tables on disk, or stays in the journal for the next start. */
  close(): void {
    this.flush()
    this.#settle()
    this.#settling?.stop()
    this.#tables.close()
  }

  #settleLater(): void {
    const { unsettled, unwritten } = this.#tables
    if (!this.#settling) this.#settleAfter(settledMs)
    if (this.#isWritingAsked || (unwritten < writtenChanges && unsettled < settledChanges)) return
    this.#isWritingAsked = true
    // Who waits for the group comes first.
    this.#options.nextTurn(() => {
      if (this.#tables.unsettled < settledChanges) this.#write(() => this.#tables.writeRows())
      else this.#settle()
    })
  }

  #settle(): void {
    this.#write(() => {
      this.#settling?.stop()
      this.#settling = undefined
      this.#tables.settle()
      this.#settleFailure = undefined
    })
  }

  /** What is applied is kept first, so that the tables never have what the journal lacks. */
  #write(act: () => void): void {
    this.flush()
    this.#isWritingAsked = false
    try {
      this.#restoring(act)
    } catch (error) {
      this.#notWritten(error)
    }
  }

  /** It is tried again later. */
  #notWritten(error: unknown): void {
    this.#options.log('store_not_written', { error })
    this.#settleFailure = { error }
    this.#isWritingAsked = true
    this.#settleAfter(settleRetryMs)
  }

  #settleAfter(pauseMs: number): void {
    this.#settling?.stop()
    this.#settling = this.#clock.after(pauseMs, () => this.#settle())
  }

  #flushOverdue(): boolean {
    const sinceMs = this.#group?.dueSinceMs
    return sinceMs === undefined || this.#clock.monotonicMs() - sinceMs < longestTurnMs || this.flush()
  }

  #openGroup(): Group {
    if (this.#group) return this.#group
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

  /** Something failed between two rows: it is taken back, and the few changes before it are applied again. */
  #takeBackLast(group: Group, error: unknown): void {
    try {
      this.#restoring(() => this.#tables.restore(group.changes), error)
      if (group.changes.length === 0) this.#leave(group)
    } catch {
      this.#leave(group)
      this.#lose(group, error)
    }
  }

  #lose(group: Group, error: unknown): void {
    this.#restore(error)
    group.durable.reject(error)
    for (const listener of this.#lostListeners) listener()
  }

  /** Tried again with whatever is asked next. */
  #restore(error?: unknown): void {
    try {
      this.#restoring(() => this.#tables.restore(), error)
    } catch {
      // It says so to who asks next.
    }
  }

  get #isResting(): boolean {
    return this.#rest !== undefined && this.#clock.monotonicMs() < this.#rest.untilMs
  }

  /** Does what may apply the whole journal again. `cause`: what failed before it. */
  #restoring(act: () => void, cause?: unknown): void {
    const startMs = this.#clock.monotonicMs()
    let error = cause
    try {
      act()
    } catch (failure) {
      error ??= failure
      throw failure
    } finally {
      const nowMs = this.#clock.monotonicMs()
      const tookMs = nowMs - startMs
      if (error !== undefined && tookMs >= longRestoreMs)
        this.#rest = { untilMs: nowMs + restPerRestore * tookMs, error }
    }
  }
}
