import { writeSync } from 'node:fs'
import type { Change } from '#contracts/store.ts'
import { SystemClock } from '#platform/clock.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { openJournal } from '#platform/journal-file.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import {
  aJob,
  aLine,
  anExecution,
  executionId,
  guestExecution,
  guestJob,
  jobId,
  nodeId,
  someWork,
} from './store-fixtures.ts'

/**
 * Commits jobs first, first+1, … without end and says `ack n` when job n is durable.
 * Arguments: file, first, where to die (`anywhere`: the parent kills; `before commit`, `after commit`: at the 3rd one).
 */
const [path = '', first = '0', where = 'anywhere'] = process.argv.slice(2)

/** One decision with rows in many tables; n and what belongs to it is there whole or not at all, and of the guests the last. */
const decision = (n: number): Change => ({
  removeJobs: n === 0 ? [] : [{ id: guestJob(n - 1).ID, expectedRevision: 1 }],
  insertJobs: [aJob(n), guestJob(n)],
  insertExecutions: [anExecution(n, { JobID: jobId(n) }), guestExecution(n)],
  putWork: [someWork(n)],
  history: [aLine({ JobID: jobId(n) }), aLine({ JobID: jobId(n), ExecutionID: executionId(n) })],
  outbox: [
    { peer: nodeId(1), message: { Kind: 'AskForBid', Body: { Execution: anExecution(n), Job: aJob(n) } } },
    { peer: nodeId(1), message: { Kind: 'CancelExecution', Body: { ExecutionID: executionId(n), Reason: '' } } },
  ],
  putFacts: { last: String(n) },
})

const database = new FaultySql(openSqlite(path), openJournal(`${path}.journal`))
const { journal } = database
const store = await openStore({ database, journal, clock: new SystemClock(), random: systemRandom, scheduleFlush })
let commits = 0
const die = () => process.kill(process.pid, 'SIGKILL')
database.watch = (act) => {
  if (act === 'commit') commits += 1
  if (act === 'commit' && commits === 3 && where === 'before commit') die()
}
database.onCommitted = () => {
  if (commits === 3 && where === 'after commit') die()
}
for (let n = Number(first); ; n += 3) {
  const outcomes = await Promise.all([n, n + 1, n + 2].map((one) => store.commit(decision(one))))
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.kind !== 'applied') throw new Error(outcome.kind)
    await outcome.durable
    writeSync(1, `ack ${n + index}\n`)
  }
}
