import type { Journal, JournalEntry } from '#contracts/journal.ts'
import type { SqlDatabase } from '#contracts/sql.ts'
import type { Change } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import { Keys } from './keys.ts'
import { ChangeResolver, type Refusal, type ResolvedChange } from './resolved-change.ts'
import { type ShortChange, shortChange, wholeChange } from './short-change.ts'
import type { StateTables } from './state-tables.ts'
import { type Written, writeChange } from './write-change.ts'

export type JournaledTablesParts = { database: SqlDatabase; tables: StateTables; journal: Journal; storeId: string }

/** In `meta`: the last entry of the journal that the tables have. */
const numberName = 'journal_number'

/**
 * The tables, with the journal that makes what is applied to them durable. All changes since the tables were last `settled` are in
 * one open transaction: a page that many of them touch is written once, and what has come and gone meanwhile is never written.
 * After a crash, and whenever the database takes that transaction back, the journal is applied again, which gives the same rows.
 */
export class JournaledTables {
  readonly #database: SqlDatabase
  readonly #tables: StateTables
  readonly #journal: Journal
  readonly #storeId: string
  readonly #keys: Keys
  /** Of the last entry; undefined until the journal has been read. */
  #number: number | undefined
  #unsettled = 0
  #unwritten = 0
  #isOpen = false
  /** The tables lack what the journal has. */
  #isBehind = true

  constructor({ database, tables, journal, storeId }: JournaledTablesParts) {
    this.#database = database
    this.#tables = tables
    this.#journal = journal
    this.#storeId = storeId
    this.#keys = new Keys(tables)
  }

  /** Changes that are in the journal and not in the tables on disk. */
  get unsettled(): number {
    return this.#unsettled
  }

  /** Changes since rows were made of the changes before. */
  get unwritten(): number {
    return this.#unwritten
  }

  /** The database has taken back what was applied by itself, as it does when it finds no space for a page, even at a read. */
  get isRolledBack(): boolean {
    return this.#isOpen && !this.#database.isInTransaction()
  }

  /** What was decided cannot be read: the tables lack what the journal has. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Throws while the tables cannot be brought up to the journal: nothing may be read from them then. */
  requireWhole(): void {
    if (this.#isBehind) this.restore()
  }

  resolve(change: Change): { resolved: ResolvedChange } | { refusal: Refusal } {
    return new ChangeResolver(this.#tables, this.#keys).resolve(change)
  }

  /** `short` is for `keep`. When it throws, some of its rows may be written: `restore` takes them back. */
  write(change: Change, resolved: ResolvedChange): Written & { short: ShortChange } {
    this.#begin()
    const short = shortChange(change, this.#tables.references)
    return { short, ...writeChange(this.#tables, this.#keys, change, resolved) }
  }

  /** What was applied since the last time is durable when it returns. */
  keep(changes: readonly ShortChange[]): void {
    if (this.isRolledBack) throw rolledBack()
    if (changes.length === 0) return
    const number = (this.#number ?? 0) + 1
    this.#journal.append({ storeId: this.#storeId, number, changes })
    this.#number = number
    this.#unsettled += changes.length
    this.#unwritten += changes.length
  }

  /** Makes rows of what is in memory, in the open transaction: a part of the work of `settle`. All that is applied must be kept already. */
  writeRows(): void {
    if (!this.#isOpen) return
    this.#orRestore(() => this.#tables.write(false))
    this.#unwritten = 0
  }

  /** Makes rows of all that is in memory. When it throws, some may be made: `restore` takes them back. */
  writeAllRows(): void {
    if (this.#isOpen) this.#tables.write(true)
  }

  /** Writes the tables to disk; all that is applied must be kept already. When it throws nothing is lost. */
  settle(): void {
    if (!this.#isOpen) return
    this.#orRestore(() => {
      this.#tables.write(true)
      this.#tables.meta.put(numberName, String(this.#number))
      this.#database.exec('commit')
    })
    this.#isOpen = false
    this.#unsettled = 0
    this.#unwritten = 0
    this.#journal.clear()
  }

  /**
   * At a start, and after what the database took back: what is not in the tables on disk is taken back, and what the journal has of it
   * is applied again, and then `changes`.
   */
  restore(changes: readonly ShortChange[] = []): void {
    this.#rollback()
    this.#isBehind = true
    try {
      const missing = this.#missing()
      const last = missing.at(-1)?.number ?? this.#stored
      if (last !== (this.#number ?? last)) throw damaged(`it ends with entry ${last}, not ${this.#number}`)
      this.#number = last
      for (const entry of missing) this.#applyAgain(entry.changes as ShortChange[])
      this.#applyAgain(changes)
      this.#unsettled = missing.reduce((sum, entry) => sum + entry.changes.length, 0)
      this.#unwritten = this.#unsettled
      this.#isBehind = false
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  /** What is not settled stays in the journal for the next start. */
  close(): void {
    this.#journal.close()
    this.#database.close()
  }

  #orRestore(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.restore()
      throw error
    }
  }

  get #stored(): number {
    return Number(this.#tables.meta.get(numberName) ?? 0)
  }

  /** Of this store, and what follows on what its tables have: a journal may have been left beside another database. */
  #missing(): JournalEntry[] {
    const stored = this.#stored
    const entries = this.#journal.entries()
    const missing = entries.filter(({ storeId, number }) => storeId === this.#storeId && number > stored)
    return missing[0]?.number === stored + 1 ? missing : []
  }

  #applyAgain(changes: readonly ShortChange[]): void {
    for (const short of changes) {
      const change = wholeChange(short, this.#tables.references)
      const answer = this.resolve(change)
      if ('refusal' in answer)
        throw damaged(`a change of it does not fit the database: ${JSON.stringify(answer.refusal)}`)
      this.write(change, answer.resolved)
    }
  }

  #begin(): void {
    if (this.#isOpen) return
    this.#database.exec('begin immediate')
    this.#isOpen = true
  }

  #rollback(): void {
    this.#keys.forget()
    this.#tables.forget()
    this.#isOpen = false
    if (this.#database.isInTransaction()) this.#database.exec('rollback')
  }
}

export const rolledBack = (): Fault =>
  new Fault('ServiceUnavailable', 'the database has rolled its transaction back', { isRetryable: true })

const damaged = (what: string): Fault =>
  new Fault('ServiceUnavailable', `the journal of the database is damaged: ${what}`, {
    component: 'Store',
    hint: 'restore the data folder from a backup, or move the journal away to go on without its last seconds',
  })
