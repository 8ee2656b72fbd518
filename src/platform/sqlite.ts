import { closeSync, existsSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import { damagedFault, faultOfOpening, faultOfSqlite, isBusy } from './sqlite-faults.ts'

/** Files up to this size are checked from end to end when they are opened; larger ones where they are read. */
const checkedSizeBytes = 16 * 1024 * 1024

/**
 * Opens (or makes) the database file, for us alone. `:memory:` = nothing on disk.
 * Faults: another process holds it, no rights, no space, not a database, damaged.
 */
export function openSqlite(path: string): SqlDatabase {
  let database: DatabaseSync | undefined
  try {
    const isOld = path !== ':memory:' && makeFile(path)
    database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 0 })
    database.exec(settings)
    // The lock is held until the file is closed.
    database.exec('begin exclusive; commit')
    if (isOld) check(database, path)
    return new Sqlite(database, path)
  } catch (error) {
    database?.close()
    throw faultOfOpening(error, path)
  }
}

/** Throws the Fault of `openSqlite` when another process holds the file. Anything else is not looked at, nor changed. */
export function refuseUsed(path: string): void {
  if (!existsSync(path)) return
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    database.exec('select 1 from sqlite_master')
  } catch (error) {
    if (isBusy(error)) throw faultOfOpening(error, path)
  } finally {
    database?.close()
  }
}

/**
 * Commits are seldom and large (see JournaledTables), and most of their pages are new. The database's own journal keeps only what
 * pages were before, so new ones are written once, where a write-ahead log would write them twice. Pages of 2 KiB: a commit writes
 * whole each page of an index that it changes a little. The cache holds what one changes: pages that do not fit would be written before
 * it. A file that was made with other pages keeps them.
 */
const settings = `
  pragma page_size = 2048;
  pragma locking_mode = exclusive;
  pragma journal_mode = persist;
  pragma journal_size_limit = 4194304;
  pragma synchronous = full;
  pragma temp_store = memory;
  pragma cache_size = -16000;
`

/** Job specifications hold what users keep secret: nobody else may read the file. Returns whether it had content. */
function makeFile(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, 'a', 0o600)
  try {
    return fstatSync(file).size > 0
  } finally {
    closeSync(file)
  }
}

function check(database: DatabaseSync, path: string): void {
  if (statSync(path).size > checkedSizeBytes) return
  const answer = database.prepare('pragma quick_check(1)').get() as { quick_check: string }
  if (answer.quick_check !== 'ok') throw damagedFault(path, answer.quick_check)
}

class Sqlite implements SqlDatabase {
  readonly #database: DatabaseSync
  readonly #path: string

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
  }

  prepare<Row>(sql: string, options: { isExact: boolean }): SqlStatement<Row> {
    const statement = this.#try(() => this.#database.prepare(sql))
    statement.setReadBigInts(options.isExact)
    return new SqliteStatement<Row>(statement, this.#path)
  }

  exec(sql: string): void {
    this.#try(() => this.#database.exec(sql))
  }

  isInTransaction(): boolean {
    return this.#database.isTransaction
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #try<Result>(act: () => Result): Result {
    try {
      return act()
    } catch (error) {
      throw faultOfSqlite(error, this.#path)
    }
  }
}

class SqliteStatement<Row> implements SqlStatement<Row> {
  readonly #statement: StatementSync
  readonly #path: string

  constructor(statement: StatementSync, path: string) {
    this.#statement = statement
    this.#path = path
  }

  run(...values: readonly SqlValue[]): number {
    try {
      return Number(this.#statement.run(...values).changes)
    } catch (error) {
      throw faultOfSqlite(error, this.#path)
    }
  }

  all(...values: readonly SqlValue[]): Row[] {
    try {
      return this.#statement.all(...values) as Row[]
    } catch (error) {
      throw faultOfSqlite(error, this.#path)
    }
  }

  get(...values: readonly SqlValue[]): Row | undefined {
    try {
      return this.#statement.get(...values) as Row | undefined
    } catch (error) {
      throw faultOfSqlite(error, this.#path)
    }
  }
}
