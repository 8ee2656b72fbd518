import type { Dialect } from '../dialect.ts'
import { firstTables } from './0001-first-tables.ts'
import { endedJobs } from './0002-ended-jobs.ts'
import { labelsInOrder } from './0003-labels-in-order.ts'
import { linesTogether } from './0004-lines-together.ts'
import { historyInOrder } from './0005-history-in-order.ts'
import { journal } from './0006-journal.ts'

/** In order; number n brings a database from n−1 to n. One that was released is never changed: write the next one. */
export const migrations: readonly ((dialect: Dialect) => readonly string[])[] = [
  firstTables,
  endedJobs,
  labelsInOrder,
  linesTogether,
  historyInOrder,
  journal,
]
