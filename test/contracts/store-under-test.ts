import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import { openJournal } from '#platform/journal-file.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { sqlite } from '#state/dialect.ts'
import { openStore } from '#state/open-store.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { MemoryJournal } from '../kit/memory-journal.ts'
import { StepClock } from '../kit/step-clock.ts'
import { startNs } from './store-fixtures.ts'

/** A store under test and the hands on it. */
export type StoreUnderTest = {
  store: Store
  /** Runs the flushes that were asked for. */
  flush(): void
  /** Whether its process has other work, from now on. */
  setBusy(isBusy: boolean): void
  /** Makes the next group of changes fail when it is made durable. */
  failNextCommit(): void
  /** Makes one of the next writes fail: 0 = the next one. */
  failWrite(countdown: number): void
  /** Makes every act of this kind fail until `stopFailing`. */
  failAll(act: 'commit' | 'write' | 'settle'): void
  stopFailing(): void
  /** The database rolls back what is not committed, as it does when a read finds no space for its pages. */
  rollBack(): void
  /** The store's clock goes on by this much. */
  passNs(ns: bigint): void
  /** The store's timers of this time are due. */
  passMs(ms: number): void
}

class TestClock extends StepClock {
  ns = startNs
  override nowNs = (): bigint => this.ns
}

const full = () => new Fault('StorageFull', 'no space left')

/** The SQLite store with a hand on its clock, its flushes and its failures. */
export async function openAt(path: string, waitingIds = sqlite.waitingIds): Promise<StoreUnderTest> {
  const flushes: (() => void)[] = []
  let isBusy = false
  const clock = new TestClock()
  const journal = path === ':memory:' ? new MemoryJournal() : openJournal(`${path}.journal`)
  const database = new FaultySql(openSqlite(path), journal)
  const store = await openStore({
    database,
    journal: database.journal,
    clock,
    random: systemRandom,
    dialect: { ...sqlite, waitingIds },
    scheduleFlush: (flush) => flushes.push(flush),
    isBusy: () => isBusy,
  })
  const failAt = (kind: 'commit' | 'write', countdown: number) => {
    let left = countdown
    database.watch = (act) => {
      if (act !== kind || left-- > 0) return
      database.watch = () => {}
      throw full()
    }
  }
  return {
    store,
    flush: () => {
      for (const flush of flushes.splice(0)) flush()
    },
    setBusy: (isBusyNow) => {
      isBusy = isBusyNow
    },
    failNextCommit: () => failAt('commit', 0),
    failWrite: (countdown) => failAt('write', countdown),
    failAll: (kind) => {
      database.watch = (act) => {
        if (act === kind) throw full()
      }
    },
    stopFailing: () => {
      database.watch = () => {}
    },
    rollBack: () => database.exec('rollback'),
    passNs: (ns) => {
      clock.ns += ns
    },
    passMs: (ms) => clock.goTo(clock.nowAtMs + ms),
  }
}
