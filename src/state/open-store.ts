import type { Journal } from '#contracts/journal.ts'
import type { SqlDatabase } from '#contracts/sql.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { type Dialect, sqlite } from './dialect.ts'
import { GroupCommit } from './group-commit.ts'
import { JournaledTables } from './journaled-tables.ts'
import { migrate } from './migrate.ts'
import { SqlStore } from './sql-store.ts'
import { StateTables } from './state-tables.ts'
import { JobListing } from './tables/job-listing.ts'
import { JobPlaces } from './tables/job-places.ts'

export type StoreParts = {
  /** An open database, and the journal of what it has yet to be told; the store closes both. */
  database: SqlDatabase
  journal: Journal
  clock: Clock
  random: Random
  /** Runs its argument soon, after the work of the current turn: what was committed until then shares one sync. */
  scheduleFlush: (flush: () => void) => void
  /** Whether there was work since it was last asked: then what was committed waits a little for more. Default: no. */
  isBusy?: () => boolean
  /** Default: SQLite. */
  dialect?: Dialect
  /** Told that what an older program has stored is brought to the newest schema, which may take a while. */
  log?: EventLog
}

/**
 * Opens the store in a database, which is brought to the newest schema and gets its identity when it is new.
 * Fault when a newer program has written it or it cannot be written.
 */
export async function openStore({
  database,
  journal,
  clock,
  random,
  scheduleFlush,
  isBusy = () => false,
  dialect = sqlite,
  log = () => {},
}: StoreParts): Promise<Store> {
  try {
    migrate(database, dialect, log)
    const tables = new StateTables(database, dialect)
    const storeId = storeIdOf(tables, random)
    mergeIds(database, tables)
    const journaled = new JournaledTables({ database, tables, journal, storeId })
    journaled.restore()
    const group = new GroupCommit(journaled, clock, { nextTurn: scheduleFlush, isBusy, log })
    const nextTurn = async () => {
      await new Promise<void>((resolve) => scheduleFlush(resolve))
      group.requireRows()
    }
    const places = new JobPlaces(database, tables.jobIds)
    const listing = new JobListing(tables.jobs, tables.jobLabels, places, nextTurn)
    return new SqlStore({ storeId, tables, listing, group, clock })
  } catch (error) {
    journal.close()
    database.close()
    throw error
  }
}

function mergeIds(database: SqlDatabase, tables: StateTables): void {
  database.exec('begin immediate')
  tables.jobIds.mergeBacklog()
  tables.executionIds.mergeBacklog()
  database.exec('commit')
}

function storeIdOf(tables: StateTables, random: Random): string {
  const known = tables.meta.get('store_id')
  if (known !== undefined) return known
  const made = random.uuid()
  tables.meta.put('store_id', made)
  return made
}
