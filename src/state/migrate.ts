import type { SqlDatabase } from '#contracts/sql.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { Dialect } from './dialect.ts'
import { migrations } from './migrations/migrations.ts'
import { NamedValues } from './tables/named-values.ts'

/**
 * Brings the tables to the newest shape: forward only, each step whole or not at all.
 * Says so before it changes what is there. Fault when a newer program has written the database.
 */
export function migrate(database: SqlDatabase, dialect: Dialect, log: EventLog): void {
  NamedValues.createMeta(database, dialect)
  const meta = new NamedValues(database, 'meta')
  const found = Number(meta.get('schema_version') ?? 0)
  if (found > migrations.length) throw newerFault(found, meta.get('written_by'))
  const missing = migrations.slice(found).map((statements) => statements(dialect))
  if (found > 0 && missing.flat().length > 0) log('store_upgrade', { progress: upgradeText(found) })
  for (const [index, statements] of missing.entries()) step(database, meta, found + index + 1, statements)
}

/** Rows are written anew in some steps: who starts a server must not take that for a hang. */
const upgradeText = (found: number): string =>
  `what is stored is brought from schema ${found} to ${migrations.length}, once; of 100,000 jobs that takes about ten seconds`

function step(database: SqlDatabase, meta: NamedValues, version: number, statements: readonly string[]): void {
  database.exec('begin immediate')
  try {
    for (const statement of statements) database.exec(statement)
    meta.put('schema_version', String(version))
    meta.put('written_by', buildInfo.release)
    database.exec('commit')
  } catch (error) {
    if (database.isInTransaction()) database.exec('rollback')
    throw error
  }
}

const newerFault = (found: number, program: string | undefined): Fault =>
  new Fault(
    'ServiceUnavailable',
    `the database has schema version ${found}, written by bacalhau ${program ?? 'of an unknown version'}; this is bacalhau ${buildInfo.release}, which knows versions up to ${migrations.length}`,
    { component: 'Store', hint: 'start the newer program again, or use another data folder' },
  )
