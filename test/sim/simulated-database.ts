import type { Journal } from '#contracts/journal.ts'
import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import { Fault } from '#lib/fault.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { MemoryJournal } from '../kit/memory-journal.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/**
 * The database file of one machine, and the journal beside it. They outlive the process, up to the last commit and entry; what a
 * dying process had not committed is gone. Reads, writes, commits and entries may fail, and either of the last two may be the last
 * thing the process does.
 */
export class SimulatedDatabase {
  readonly #world: World
  readonly #file = openSqlite(':memory:')
  readonly #entries = new MemoryJournal()

  constructor(world: World) {
    this.#world = world
  }

  /** The connection of one life. */
  open(life: Life): SqlDatabase {
    life.onEnd(() => {
      if (this.#file.isInTransaction()) this.#file.exec('rollback')
    })
    return {
      prepare: <Row>(sql: string, options: { isExact: boolean }) => this.#prepare<Row>(life, sql, options),
      exec: (sql) => this.#exec(life, sql),
      isInTransaction: () => life.isAlive && this.#file.isInTransaction(),
      close: () => {},
    }
  }

  /** The same life's journal. */
  journal(life: Life): Journal {
    return {
      entries: () => {
        this.#requireAlive(life)
        return this.#entries.entries()
      },
      append: (entry) => this.#commit(life, () => this.#entries.append(entry)),
      clear: () => {
        if (life.isAlive) this.#entries.clear()
      },
      close: () => {},
    }
  }

  discard(): void {
    this.#file.close()
  }

  #prepare<Row>(life: Life, sql: string, options: { isExact: boolean }): SqlStatement<Row> {
    const inner = this.#file.prepare<Row>(sql, options)
    return {
      run: (...values: readonly SqlValue[]) => {
        this.#requireAlive(life)
        this.#mayFail('row failed')
        return inner.run(...values)
      },
      all: (...values) => {
        this.#requireAlive(life)
        this.#mayFail('read failed')
        return inner.all(...values)
      },
      get: (...values) => {
        this.#requireAlive(life)
        this.#mayFail('read failed')
        return inner.get(...values)
      },
    }
  }

  #exec(life: Life, sql: string): void {
    this.#requireAlive(life)
    if (sql === 'commit') this.#commit(life, () => this.#file.exec(sql))
    else this.#file.exec(sql)
  }

  #commit(life: Life, act: () => void): void {
    this.#requireAlive(life)
    if (this.#world.strikes('commit failed')) throw diskFull()
    if (this.#world.strikes('crash before commit')) {
      this.#world.note(`${life.name} crashes before a commit`)
      life.end()
      this.#requireAlive(life)
    }
    act()
    if (this.#world.strikes('crash after commit')) {
      this.#world.note(`${life.name} crashes after a commit`)
      life.end()
    }
  }

  /** The whole transaction may go with it, as when no page can be had: SQLite rolls back then, also at a read. */
  #mayFail(kind: 'row failed' | 'read failed'): void {
    if (!this.#world.strikes(kind)) return
    if (this.#file.isInTransaction() && this.#world.random.happens(0.5)) this.#file.exec('rollback')
    throw diskFull()
  }

  #requireAlive(life: Life): void {
    if (!life.isAlive) throw new Fault('ServiceUnavailable', `${life.name} is dead`)
  }
}

const diskFull = (): Fault => new Fault('StorageFull', 'no space left for the database', { isRetryable: true })
