import { describe, expect, it } from 'vitest'
import type { OutboxMessage } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import { aJob, aLine, anExecution, executionId, jobId, someWork, startNs } from '../store-fixtures.ts'
import { applied, message, numbersOf, type Open, peer } from './hands.ts'

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
      expect((await numbersOf(again.store, 1)).at(-1)).toBe(41)
      expect(outcome.outbox[0]?.seq).toBe(2)
      await again.store.close()
    })

    it('orders are there as they were given, whatever has become of their executions since', async () => {
      const { store, flush } = await open()
      const [first, second] = [anExecution(1), anExecution(2, { Revision: 2, ModifyTime: startNs + 5n, Content: 'c' })]
      const orderOf = (Execution: Execution): OutboxMessage => ({
        Kind: 'AskForBid',
        Body: { Execution, Job: aJob(1) },
      })
      await applied(store, {
        insertJobs: [aJob(1)],
        insertExecutions: [first, second],
        outbox: [first, second].map((execution) => ({ peer, message: orderOf(execution) })),
      })
      flush()
      const ran = {
        DesiredState: { StateType: 'Stopped', Message: 'execution completed' },
        ComputeState: { StateType: 'Completed', Details: { a: 'b' } },
        PublishedResult: { Type: 'local', Params: { a: 1 } },
        Revision: 3,
        ModifyTime: startNs + 9n,
        StartTime: startNs + 7n,
        Content: 'd',
        FollowupEvalID: 'f',
      } as const
      await applied(store, {
        updateExecutions: [first, second].map((execution) => ({
          id: execution.ID,
          expectedRevision: execution.Revision,
          execution: { ...execution, ...ran },
        })),
      })
      await store.close()
      const again = await reopen()
      const rows = await again.store.outbox(peer, 0, 10)
      expect(rows.map((row) => row.message)).toStrictEqual([orderOf(first), orderOf(second)])
      await again.store.close()
    })
  })
}
