import { changeSuite } from './store/changes.suite.ts'
import { failureSuite } from './store/failures.suite.ts'
import { findingSuite } from './store/finding.suite.ts'
import type { Open, Using } from './store/hands.ts'
import { historySuite } from './store/history.suite.ts'
import { listingSuite } from './store/listing.suite.ts'
import { messageSuite } from './store/messages.suite.ts'
import { removalReopeningSuite, removalSuite } from './store/removal.suite.ts'
import { reopeningSuite } from './store/reopening.suite.ts'

export type StoreSuiteOptions = {
  open: Open
  /** Opens what a closed store has left; undefined = it keeps nothing. */
  reopen?: Open
}

/** What every store must do (src/contracts/store.ts). */
export function storeSuite({ open, reopen }: StoreSuiteOptions): void {
  const using: Using = async (test) => {
    const under = await open()
    try {
      await test(under)
    } finally {
      await under.store.close()
    }
  }
  changeSuite(using)
  messageSuite(using)
  historySuite(using)
  findingSuite(using)
  listingSuite(using)
  removalSuite(using, open)
  failureSuite(using)
  if (!reopen) return
  reopeningSuite(open, reopen)
  removalReopeningSuite(open, reopen)
}
