import { describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { aJob, jobId } from './store-fixtures.ts'

const storeOn = (database: FaultySql) =>
  openStore({ database, journal: database.journal, clock: new SystemClock(), random: systemRandom, scheduleFlush })

/** Tables that stay short whatever the number of jobs. */
const shortTables = ['nodes', 'work', 'inbox', 'outbox_peers', 'meta', 'facts']

describe('the statements of the store', () => {
  it('find rows by an index and walk in its order, whatever the number of jobs [W41]', async () => {
    const database = new FaultySql(openSqlite(':memory:'))
    const store = await storeOn(database)
    await store.commit({ insertJobs: [aJob(1)] })
    for (const order of ['created_at', 'modified_at', 'id'] as const)
      for (const isReversed of [true, false])
        for (const namespace of [undefined, 'default'])
          for (const after of [undefined, { value: 1n, id: jobId(1) }])
            await store.jobs(namespace === undefined ? {} : { namespace }, order, isReversed, 10, after)
    const walks = database.prepared.filter((sql) => sql.includes('limit') && sql.includes('from "jobs"'))
    expect(walks.length).toBeGreaterThanOrEqual(16)

    const offences = database.prepared.flatMap((sql) => {
      const plan = database.prepare<{ detail: string }>(`explain query plan ${sql}`, { isExact: false })
      const values = (sql.match(/\?/g) ?? []).map(() => null)
      return plan
        .all(...values)
        .map((step) => step.detail)
        .filter((detail) => isSlow(sql, detail))
        .map((detail) => `${detail}: ${sql}`)
    })
    expect(offences).toEqual([])
    await store.close()
  })

  it('go on with a label behind the cursor, not from its first job [W41]', async () => {
    const database = new FaultySql(openSqlite(':memory:'))
    const store = await storeOn(database)
    const continued = database.prepared.filter(
      (sql) => sql.startsWith('select') && /"job_labels".*\("created_at"/.test(sql),
    )
    expect(continued).toHaveLength(2)
    for (const sql of continued) {
      const plan = database.prepare<{ detail: string }>(`explain query plan ${sql}`, { isExact: false })
      const details = plan.all('a', 'b', 1n, 1, 10).map((step) => step.detail)
      expect(details).toEqual([expect.stringMatching(/name=\? AND value=\? AND \(created_at,job_key\)[<>]\(\?,\?\)/)])
    }
    await store.close()
  })

  it('find what has ended by the index of ends, whatever the number of jobs that live [W23, W41]', async () => {
    const database = new FaultySql(openSqlite(':memory:'))
    const store = await storeOn(database)
    const asked = database.prepared.filter((sql) => sql.includes('not exists'))
    expect(asked).toHaveLength(2)
    for (const sql of asked) {
      const plan = database.prepare<{ detail: string }>(`explain query plan ${sql}`, { isExact: false }).all(1n, 1)
      const details = plan.map((step) => step.detail)
      expect(details[0]).toBe('SEARCH jobs USING INDEX jobs_ended (has_history=? AND modified_at<?)')
      expect(details.filter((detail) => detail.startsWith('SCAN'))).toEqual([])
    }
    await store.close()
  })
})

function isSlow(sql: string, detail: string): boolean {
  if (detail.includes('USE TEMP B-TREE')) return true
  const scanned = /^SCAN (\w+)/.exec(detail)?.[1]
  if (scanned === undefined || shortTables.includes(scanned)) return false
  // Nobody asks for all jobs that have ended while others wait.
  if (sql.includes('"is_live" = 0')) return false
  // The last key is the end of the tree; a walk without a cursor begins at the end of its index.
  if (sql.includes('max("key")')) return false
  return !/USING (?:COVERING )?INDEX/.test(detail)
}
