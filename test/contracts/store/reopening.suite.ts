import { describe, expect, it } from 'vitest'
import { aJob, aLine, anExecution, executionId, jobId, someWork } from '../store-fixtures.ts'
import { applied, message, type Open, peer } from './hands.ts'

/** What a closed store has left. */
export function reopeningSuite(open: Open, reopen: Open): void {
  describe('after closing', () => {
    it('everything applied is there, and all numbers go on', async () => {
      const { store } = await open()
      await applied(store, {
        insertJobs: [aJob(1)],
        insertExecutions: [anExecution(1)],
        putWork: [someWork(1)],
        history: Array.from({ length: 40 }, () => aLine()),
        outbox: [{ peer, message: message(1) }],
        inbox: { peer, senderStoreId: 's', seq: 1 },
      })
      await applied(store, { acked: [{ peer, seq: 1 }] })
      const { storeId } = store
      await store.close()
      const again = await reopen()
      expect(again.store.storeId).toBe(storeId)
      expect(await again.store.job(jobId(1))).toEqual(aJob(1))
      expect(await again.store.execution(executionId(1))).toEqual(anExecution(1))
      expect(await again.store.work(executionId(1))).toEqual(someWork(1))
      expect(await again.store.inboxSeq(peer, 's')).toBe(1)
      const outcome = await applied(again.store, {
        insertJobs: [aJob(2)],
        insertExecutions: [anExecution(2)],
        history: [aLine()],
        outbox: [{ peer, message: message(2) }],
      })
      expect(outcome.historySeqs[0]).toBe(41)
      expect(outcome.outbox[0]?.seq).toBe(2)
      await again.store.close()
    })
  })
}
