import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SqlDatabase, SqlValue } from '#contracts/sql.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { sqlite } from './dialect.ts'
import { migrate } from './migrate.ts'
import { firstTables } from './migrations/0001-first-tables.ts'
import { migrations } from './migrations/migrations.ts'
import { StateTables } from './state-tables.ts'
import { NamedValues } from './tables/named-values.ts'

/** The smallest driver: what state/ needs without seeing platform/. */
function openMemory(): SqlDatabase & { sql: DatabaseSync; failAt?: RegExp } {
  const sql = new DatabaseSync(':memory:')
  const database = {
    sql,
    failAt: undefined as RegExp | undefined,
    prepare<Row>(text: string, { isExact }: { isExact: boolean }) {
      const statement = sql.prepare(text)
      statement.setReadBigInts(isExact)
      return {
        run: (...values: readonly SqlValue[]) => Number(statement.run(...values).changes),
        all: (...values: readonly SqlValue[]) => statement.all(...values) as Row[],
        get: (...values: readonly SqlValue[]) => statement.get(...values) as Row | undefined,
      }
    },
    exec(text: string) {
      if (database.failAt?.test(text)) throw new Fault('StorageFull', 'no space left')
      sql.exec(text)
    },
    isInTransaction: () => sql.isTransaction,
    close: () => sql.close(),
  }
  return database
}

const logged: string[] = []
const log = (event: string, { progress }: Record<string, unknown>): void => void logged.push(`${event} ${progress}`)
beforeEach(() => void logged.splice(0))

const tables = (sql: DatabaseSync) =>
  sql
    .prepare("select name from sqlite_master where type = 'table' order by name")
    .all()
    .map((row) => row.name)
const version = (sql: DatabaseSync) => sql.prepare("select value from meta where name = 'schema_version'").get()?.value

describe('migrations', () => {
  it('bring an empty database to the newest schema, and a new one nowhere', () => {
    const database = openMemory()
    migrate(database, sqlite, log)
    expect(version(database.sql)).toBe(String(migrations.length))
    const made = tables(database.sql)
    expect(made).toContain('jobs')
    migrate(database, sqlite, log)
    expect(tables(database.sql)).toEqual(made)
    expect(logged).toEqual([])
  })

  it('are whole or not at all', () => {
    const database = openMemory()
    database.failAt = /create table facts/
    expect(() => migrate(database, sqlite, log)).toThrow('no space left')
    expect(tables(database.sql)).toEqual(['meta'])
    expect(database.isInTransaction()).toBe(false)
    delete database.failAt
    migrate(database, sqlite, log)
    expect(tables(database.sql)).toContain('facts')
  })

  it('keep what an older program has stored, and find what had ended then [W23]', () => {
    const database = openMemory()
    NamedValues.createMeta(database, sqlite)
    for (const statement of firstTables(sqlite)) database.exec(statement)
    database.sql.exec(`
      insert into meta values ('schema_version', '1');
      insert into versions values (1, 1, 1, 5, '{}', null);
      insert into jobs values (1, 'j-1', 'default', null, 4, null, 0, 1, 1, 1, 5, 9, '{"a":"b"}');
      insert into job_labels values ('a', 'b', 1);
      insert into history values (1, 1, 0, 1, null, '', 1, 0, 0, 1, null, null, 7, 'why', 't', 'm', null, null);
    `)
    migrate(database, sqlite, log)
    expect(version(database.sql)).toBe(String(migrations.length))
    expect(logged).toEqual([expect.stringMatching(`^store_upgrade .*from schema 1 to ${migrations.length}, once`)])
    const stored = new StateTables(database, sqlite)
    const found = stored.jobs.endedBefore('with history', 10n, 9)
    expect(found).toEqual([{ key: 1, id: 'j-1', revision: 1, version_key: 1 }])
    expect(database.sql.prepare('select * from job_labels').all()).toEqual([
      { name: 'a', value: 'b', created_at: 5, job_key: 1 },
    ])
    const line = { SeqNum: 1, Comment: 'why', Time: 7n, Event: { Message: 'm', Topic: 't', Timestamp: 7n } }
    expect(stored.history.page('j-1' as JobId, 1, 0, 9)).toMatchObject([line])
    expect(stored.history.lastSeq(1)).toBe(1)
  })

  it('are silent where an upgrade changes nothing that is there', () => {
    const database = openMemory()
    migrate(database, sqlite, log)
    database.sql.exec("update meta set value = '5' where name = 'schema_version'")
    migrate(database, sqlite, log)
    expect(version(database.sql)).toBe(String(migrations.length))
    expect(logged).toEqual([])
  })

  it('refuse a database that a newer program has written, naming both', () => {
    const database = openMemory()
    migrate(database, sqlite, log)
    database.sql.exec("update meta set value = '99' where name = 'schema_version'")
    database.sql.exec("update meta set value = '7.8.9' where name = 'written_by'")
    const before = tables(database.sql)
    expect(() => migrate(database, sqlite, log)).toThrow(/schema version 99, written by bacalhau 7\.8\.9/)
    expect(tables(database.sql)).toEqual(before)
    expect(version(database.sql)).toBe('99')
  })
})
