import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'
import { type StoreUnderTest, storeSuite } from './store.suite.ts'
import { startNs } from './store-fixtures.ts'

class TestClock extends SystemClock {
  nowTestNs = startNs
  override nowNs(): bigint {
    return this.nowTestNs
  }
}

async function openAt(path: string): Promise<StoreUnderTest> {
  const flushes: (() => void)[] = []
  const store = await openStore({
    database: openSqlite(path),
    clock: new TestClock(),
    random: systemRandom,
    scheduleFlush: (flush) => flushes.push(flush),
  })
  return {
    store,
    flush: () => {
      for (const flush of flushes.splice(0)) flush()
    },
  }
}

describe('the SQLite store in memory', () => {
  storeSuite({ open: () => openAt(':memory:') })
})

describe('the SQLite store in a file', () => {
  const folders: string[] = []
  let path = ''
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const open = () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'))
    folders.push(folder)
    path = join(folder, 'state.db')
    return openAt(path)
  }
  storeSuite({ open, reopen: () => openAt(path) })
})
