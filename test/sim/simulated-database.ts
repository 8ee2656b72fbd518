import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import { Fault } from '#lib/fault.ts'
import { openSqlite } from '#platform/sqlite.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/**
 * The database file of one machine. It outlives the process, up to the last commit; what a dying process had not
 * committed is gone. Its reads, writes and commits may fail, and a commit may be the last thing its process does.
 */
export class SimulatedDatabase {
  readonly #world: World
  readonly #file = openSqlite(':memory:')

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
    if (sql !== 'commit') return this.#file.exec(sql)
    if (this.#world.strikes('commit failed')) throw diskFull()
    if (this.#world.strikes('crash before commit')) {
      this.#world.note(`${life.name} crashes before a commit`)
      life.end()
      this.#requireAlive(life)
    }
    this.#file.exec(sql)
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
