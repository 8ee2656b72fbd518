import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { canMount, growDisk, mountDisk, unmountDisk } from '../../test/kit/small-disk.ts'
import { openSqlite } from './sqlite.ts'

describe('an SQLite file', () => {
  let folder = ''
  let path = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sqlite-'))
    path = join(folder, 'state.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const faultOf = (act: () => unknown): Fault => {
    try {
      act()
    } catch (error) {
      expect(error).toBeInstanceOf(Fault)
      return error as Fault
    }
    throw new Error('nothing failed')
  }

  it('syncs every commit, keeps foreign keys and is for its owner only', () => {
    const database = openSqlite(join(folder, 'made', 'state.db'))
    const pragma = (name: string) =>
      Object.values(database.prepare<object>(`pragma ${name}`, { isExact: false }).get() ?? {})[0]
    expect(pragma('journal_mode')).toBe('persist')
    expect(pragma('synchronous')).toBe(2)
    expect(pragma('foreign_keys')).toBe(1)
    expect(statSync(join(folder, 'made', 'state.db')).mode & 0o777).toBe(0o600)
    database.close()
    database.close()
  })

  it('has pages of 2 KiB, and goes on with those of a file that an earlier version made, also when that was killed', () => {
    const earlier = new DatabaseSync(path)
    earlier.exec(
      'pragma page_size = 4096; pragma journal_mode = wal; create table kept (n); insert into kept values (7)',
    )
    copyFileSync(path, `${path}.killed`)
    copyFileSync(`${path}-wal`, `${path}.killed-wal`)
    earlier.close()
    const sizes = [path, `${path}.killed`, join(folder, 'new.db')].map((file) => {
      const database = openSqlite(file)
      database.exec('create table if not exists kept (n)')
      const size = database.prepare<object>('pragma page_size', { isExact: false }).get()
      const kept = database.prepare('select n from kept', { isExact: false }).all()
      database.close()
      return [size, kept]
    })
    expect(sizes).toEqual([
      [{ page_size: 4096 }, [{ n: 7 }]],
      [{ page_size: 4096 }, [{ n: 7 }]],
      [{ page_size: 2048 }, []],
    ])
  })

  it('gives integers as numbers or, from an exact statement, as bigints', () => {
    const database = openSqlite(':memory:')
    const sql = 'select 9007199254740993 as large, 1 as small'
    expect(database.prepare(sql, { isExact: true }).get()).toEqual({ large: 9_007_199_254_740_993n, small: 1n })
    expect(database.prepare('select 1 as small', { isExact: false }).all()).toEqual([{ small: 1 }])
    database.close()
  })

  it('refuses a second server on the same folder, and says so', async () => {
    const script = join(folder, 'holder.mjs')
    const module = join(import.meta.dirname, 'sqlite.ts')
    writeFileSync(
      script,
      `setInterval(() => {}, 1_000)
import(${JSON.stringify(module)}).then((m) => { globalThis.held = m.openSqlite(process.argv[2]); process.send('open') })`,
    )
    const holder = fork(script, [path], { execArgv: ['--conditions=source'], cwd: import.meta.dirname })
    await once(holder, 'message')
    const fault = faultOf(() => openSqlite(path))
    expect(fault.code).toBe('ServiceUnavailable')
    expect(fault.message).toContain('in use by another process')
    expect(fault.hint).toContain('only one server')
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    openSqlite(path).close()
  })

  it('refuses a second opening in the same process', () => {
    const first = openSqlite(path)
    expect(faultOf(() => openSqlite(path)).message).toContain('in use')
    first.close()
    openSqlite(path).close()
  })

  it('refuses a file that is no database', () => {
    writeFileSync(path, 'a text file, longer than a hundred bytes so that it could be a header. '.repeat(10))
    const fault = faultOf(() => openSqlite(path))
    expect(fault.message).toContain('damaged')
    expect(fault.hint).toContain('backup')
    expect(readFileSync(path, 'utf8')).toContain('a text file')
  })

  it('refuses a file with a torn page', () => {
    fill(path, 3_000)
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(3_000, 0xab), 0, 3_000, 8 * 4_096)
    expect(faultOf(() => openSqlite(path)).message).toMatch(/damaged/)
  })

  it('refuses a file that was cut off', () => {
    fill(path, 3_000)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length >> 1))
    expect(faultOf(() => openSqlite(path)).message).toContain('damaged')
  })

  it('says clearly that it cannot be written', () => {
    mkdirSync(join(folder, 'dir.db'))
    expect(faultOf(() => openSqlite(join(folder, 'dir.db'))).message).toContain('cannot open the database')
    writeFileSync(join(folder, 'file'), '')
    const fault = faultOf(() => openSqlite(join(folder, 'file', 'state.db')))
    expect(fault.hint).toContain('writable by this user')
  })

  it('says clearly that this user has no rights', () => {
    if (process.getuid?.() !== 0) {
      chmodSync(folder, 0o500)
      expect(faultOf(() => openSqlite(path)).message).toContain('cannot open the database')
      chmodSync(folder, 0o700)
      return
    }
    chmodSync(folder, 0o755)
    chownSync(folder, 0, 0)
    process.seteuid?.(65_534)
    try {
      expect(faultOf(() => openSqlite(path)).message).toContain('cannot open the database')
    } finally {
      process.seteuid?.(0)
    }
  })

  it('tells a full disk from other failures, and goes on when there is space again', () => {
    const database = openSqlite(path)
    database.exec('create table t (text text)')
    database.exec('pragma max_page_count = 20')
    const insert = database.prepare('insert into t values (?)', { isExact: false })
    const fault = faultOf(() => {
      for (;;) insert.run('x'.repeat(1_000))
    })
    expect(fault.code).toBe('StorageFull')
    expect(fault.hint).toContain('free space')
    database.exec('pragma max_page_count = 1000000')
    expect(insert.run('x')).toBe(1)
    database.close()
  })

  it('leaves a wrong statement and a broken constraint as the bugs they are', () => {
    const database = openSqlite(':memory:')
    expect(() => database.exec('selct 1')).toThrow('syntax error')
    database.exec('create table t (id integer primary key)')
    const insert = database.prepare('insert into t values (?)', { isExact: false })
    insert.run(1)
    expect(() => insert.run(1)).toThrow('UNIQUE')
    try {
      insert.run(1)
    } catch (error) {
      expect(error).not.toBeInstanceOf(Fault)
    }
    database.close()
  })

  it.runIf(canMount)('rejects a commit on a full disk and goes on when there is space again', () => {
    const mount = join(folder, 'small')
    mkdirSync(mount)
    mountDisk(mount, 'size=512k')
    try {
      const database = openSqlite(join(mount, 'state.db'))
      database.exec('create table t (text text)')
      const insert = database.prepare('insert into t values (?)', { isExact: false })
      const grow = () => {
        database.exec('begin immediate')
        for (let n = 0; n < 50; n++) insert.run('x'.repeat(1_000))
        database.exec('commit')
      }
      const fault = faultOf(() => {
        for (;;) grow()
      })
      expect(fault.code).toBe('StorageFull')
      if (database.isInTransaction()) database.exec('rollback')
      const count = database.prepare<{ n: number }>('select count(*) as n from t', { isExact: false })
      expect((count.get()?.n ?? 1) % 50).toBe(0)
      growDisk(mount, '8m')
      grow()
      expect((count.get()?.n ?? 1) % 50).toBe(0)
      database.close()
    } finally {
      unmountDisk(mount)
    }
  })
})

function fill(path: string, rows: number): void {
  const database = openSqlite(path)
  database.exec('create table t (text text); create index i on t (text); begin')
  const insert = database.prepare('insert into t values (?)', { isExact: false })
  for (let n = 0; n < rows; n++) insert.run(`row ${n} ${'y'.repeat(20)}`)
  database.exec('commit')
  database.close()
}
