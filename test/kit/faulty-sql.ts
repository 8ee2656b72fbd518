import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'

/** Called before each act on the database; what it throws is the act's failure. */
export type SqlWatch = (act: 'write' | 'read' | 'begin' | 'commit' | 'rollback' | 'exec', sql: string) => void

/** A database whose acts are watched, so that a test can make any of them fail. */
export class FaultySql implements SqlDatabase {
  readonly #inner: SqlDatabase
  /** The text of every statement that was prepared. */
  readonly prepared: string[] = []
  watch: SqlWatch = () => {}
  /** Called when a transaction has just become durable. */
  onCommitted: () => void = () => {}

  constructor(inner: SqlDatabase) {
    this.#inner = inner
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
    const word = /^(begin|commit|rollback)/.exec(sql)?.[1] as 'begin' | 'commit' | 'rollback' | undefined
    this.watch(word ?? 'exec', sql)
    this.#inner.exec(sql)
    if (word === 'commit') this.onCommitted()
  }

  isInTransaction(): boolean {
    return this.#inner.isInTransaction()
  }

  close(): void {
    this.#inner.close()
  }
}
