import type { Journal } from '#contracts/journal.ts'
import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import { MemoryJournal } from './memory-journal.ts'

/**
 * Called before each act on the database or its journal; what it throws is the act's failure. `commit`: what makes changes durable, an
 * entry of the journal. `settle`: the transaction of the tables.
 */
export type SqlWatch = (
  act: 'write' | 'read' | 'begin' | 'commit' | 'settle' | 'rollback' | 'exec',
  sql: string,
) => void

const acts: Record<string, Parameters<SqlWatch>[0]> = { begin: 'begin', commit: 'settle', rollback: 'rollback' }

/** A database and its journal whose acts are watched, so that a test can make any of them fail. */
export class FaultySql implements SqlDatabase {
  readonly #inner: SqlDatabase
  readonly journal: Journal
  /** The text of every statement that was prepared. */
  readonly prepared: string[] = []
  watch: SqlWatch = () => {}
  /** Called when changes have just become durable. */
  onCommitted: () => void = () => {}

  constructor(inner: SqlDatabase, journal: Journal = new MemoryJournal()) {
    this.#inner = inner
    this.journal = {
      entries: () => journal.entries(),
      append: (entry) => {
        this.watch('commit', 'append')
        journal.append(entry)
        this.onCommitted()
      },
      clear: () => journal.clear(),
      close: () => journal.close(),
    }
  }

  prepare<Row>(sql: string, options: { isExact: boolean }): SqlStatement<Row> {
    const inner = this.#inner.prepare<Row>(sql, options)
    this.prepared.push(sql)
    return {
      run: (...values: readonly SqlValue[]) => {
        this.watch('write', sql)
        return inner.run(...values)
      },
      all: (...values: readonly SqlValue[]) => {
        this.watch('read', sql)
        return inner.all(...values)
      },
      get: (...values: readonly SqlValue[]) => {
        this.watch('read', sql)
        return inner.get(...values)
      },
    }
  }

  exec(sql: string): void {
    this.watch(acts[/^\w+/.exec(sql)?.[0] ?? ''] ?? 'exec', sql)
    this.#inner.exec(sql)
  }

  isInTransaction(): boolean {
    return this.#inner.isInTransaction()
  }

  close(): void {
    this.#inner.close()
  }
}
