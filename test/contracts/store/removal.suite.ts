import { describe, expect, it } from 'vitest'
import type { Store } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { Job } from '#models/job.ts'
import { aJob, aLine, anExecution, executionId, jobId, nodeId, someWork, startNs } from '../store-fixtures.ts'
import { applied, message, numbersOf, type Open, peer, type Using } from './hands.ts'

const over = { State: { StateType: 'Completed' } } as const
const ended = (n: number, change: Partial<Job> = {}): Job => aJob(n, { ...over, Labels: { n: `${n}` }, ...change })
const ran = (n: number, change: Partial<Execution> = {}): Execution =>
  anExecution(n, { JobID: jobId(n), ComputeState: { StateType: 'Completed' }, ...change })
const removal = (n: number, expectedRevision = 1) => ({ id: jobId(n), expectedRevision })
const always = startNs * 2n

/** A job that has ended, with something in every table. */
const put = (store: Store, n: number, job = ended(n), execution = ran(n)) =>
  applied(store, {
    insertJobs: [job],
    insertExecutions: [execution],
    history: [aLine({ JobID: job.ID }), aLine({ JobID: job.ID, ExecutionID: execution.ID })],
  })

const idsOf = async (store: Store, which: 'all' | 'with history', before = always, limit = 100) =>
  (await store.endedJobs(which, before, limit)).map(({ id }) => id)

/** What is kept for a time only. */
export function removalSuite(using: Using, open: Open): void {
  describe('ended jobs', () => {
    it('are found in the order of their end, at most so many, and none that lives [W23]', () =>
      using(async ({ store }) => {
        for (const n of [3, 1, 2]) await put(store, n)
        await put(store, 4, aJob(4))
        await put(store, 5, ended(5), ran(5, { ComputeState: { StateType: 'BidAccepted' } }))
        expect(await idsOf(store, 'all')).toEqual([1, 2, 3].map(jobId))
        expect(await idsOf(store, 'all', always, 2)).toEqual([1, 2].map(jobId))
        expect(await idsOf(store, 'all', startNs + 3n)).toEqual([1, 2].map(jobId))
        expect(await idsOf(store, 'all', startNs + 4n)).toEqual([1, 2, 3].map(jobId))
        expect(await store.endedJobs('all', startNs + 2n, 9)).toEqual([removal(1)])
      }))

    it('are not found while this node works on one, under whichever version', () =>
      using(async ({ store }) => {
        await put(store, 1)
        await applied(store, { putWork: [someWork(1, { order: { execution: ran(1), job: ended(1) } })] })
        expect(await idsOf(store, 'all')).toEqual([])
        const second = ended(1, { Version: 2, Revision: 2, Priority: 5 })
        await applied(store, { updateJobs: [{ ...removal(1), job: second }] })
        expect(await idsOf(store, 'all')).toEqual([])
        expect((await store.commit({ removeJobs: [removal(1, 2)] })).kind).toBe('conflict')
        expect((await store.work(executionId(1)))?.order.job).toEqual(ended(1))
        await applied(store, { removeWork: [executionId(1)] })
        expect(await idsOf(store, 'all')).toEqual([jobId(1)])
        await applied(store, { removeJobs: [removal(1, 2)] })
      }))
  })

  describe('a removed job', () => {
    it('is gone with everything, and the others are untouched [W23]', () =>
      using(async ({ store }) => {
        for (const n of [1, 2, 3]) await put(store, n)
        const second = ended(1, { Version: 2, Revision: 2, Labels: { n: '1', more: 'x' }, Priority: 5 })
        await applied(store, { updateJobs: [{ ...removal(1), job: second }] })
        await applied(store, { removeJobs: [removal(1, 2), removal(3)] })
        for (const n of [1, 3]) {
          expect(await store.job(jobId(n))).toBeUndefined()
          expect(await store.jobVersions(jobId(n))).toEqual([])
          expect(await store.execution(executionId(n))).toBeUndefined()
          expect(await store.executionsOfJob(jobId(n))).toEqual([])
          expect(await store.history(jobId(n), 0, 10)).toEqual([])
          expect(await store.jobIdByName(jobId(n), 'default')).toBeUndefined()
        }
        expect(await store.jobIdsByPrefix('j-', 10)).toEqual([jobId(2)])
        for (const order of ['id', 'created_at', 'modified_at'] as const)
          expect((await store.jobs({}, order, false, 10)).items).toEqual([ended(2)])
        const labelled = { requiredLabels: { more: 'x' }, matchesLabels: () => true }
        expect((await store.jobs(labelled, 'id', false, 9)).items).toEqual([])
        expect((await store.history(jobId(2), 0, 10)).map((line) => line.SeqNum)).toEqual([1, 2])
        expect(await store.executionsOfJob(jobId(2))).toEqual([ran(2)])
      }))

    it('leaves a list that is being read as it was', () =>
      using(async ({ store }) => {
        for (let n = 1; n <= 5; n++) await put(store, n)
        await applied(store, { removeJobs: [removal(2), removal(3)] })
        for (const order of ['created_at', 'modified_at', 'id'] as const) {
          const cursor = { value: startNs + 2n, id: jobId(2) }
          const next = await store.jobs({}, order, false, 2, cursor)
          expect(next.items.map((job) => job.ID)).toEqual([4, 5].map(jobId))
          const before = await store.jobs({}, order, true, 2, { value: startNs + 3n, id: jobId(3) })
          expect(before.items.map((job) => job.ID)).toEqual([jobId(1)])
        }
      }))

    it.each<[string, Job, Execution]>([
      ['which is live', aJob(1), ran(1)],
      ['with a live execution', ended(1), ran(1, { ComputeState: { StateType: 'Running' } })],
      ['which has changed', ended(1, { Revision: 2 }), ran(1)],
    ])('is never one %s: a conflict, and nothing is removed', (_n, job, execution) =>
      using(async ({ store }) => {
        await put(store, 1, job, execution)
        await put(store, 2)
        expect((await store.commit({ removeJobs: [removal(2), removal(1)] })).kind).toBe('conflict')
        expect((await store.commit({ removeJobs: [removal(2), removal(2)] })).kind).toBe('conflict')
        expect((await store.commit({ removeJobs: [removal(7)] })).kind).toBe('conflict')
        expect(await store.job(jobId(1))).toEqual(job)
        expect(await store.execution(executionId(1))).toEqual(execution)
        expect(await store.job(jobId(2))).toEqual(ended(2))
      }),
    )

    it('can come again under its id, in the same change too', () =>
      using(async ({ store }) => {
        await put(store, 1)
        const again = aJob(1, { Priority: 9 })
        await applied(store, {
          removeJobs: [removal(1)],
          insertJobs: [again],
          insertExecutions: [ran(1, { Attempt: 7 })],
          history: [aLine()],
        })
        expect(await store.job(jobId(1))).toEqual(again)
        expect((await store.execution(executionId(1)))?.Attempt).toBe(7)
        expect((await store.history(jobId(1), 0, 9)).map((line) => line.SeqNum)).toEqual([1])
      }))

    it('leaves of an order that its node never took the cancellation, under its number', () =>
      using(async ({ store }) => {
        await put(store, 1)
        const order = { Kind: 'AskForBid', Body: { Execution: ran(1), Job: ended(1) } } as const
        await applied(store, {
          outbox: [
            { peer, message: order },
            { peer, message: message(9) },
          ],
        })
        await applied(store, { removeJobs: [removal(1)] })
        await put(store, 2)
        const cancel = { Kind: 'CancelExecution', Body: { ExecutionID: executionId(1), Reason: 'the job was removed' } }
        expect((await store.outbox(peer, 0, 10)).map((row) => row.message)).toEqual([cancel, message(9)])
      }))

    it('is there again when the removal could not be made durable', () =>
      using(async ({ store, flush, failNextCommit, stopFailing }) => {
        await put(store, 1)
        await put(store, 2)
        flush()
        const { durable } = await applied(store, { removeJobs: [removal(1)] })
        failNextCommit()
        flush()
        stopFailing()
        await expect(durable).rejects.toMatchObject({ code: 'StorageFull' })
        expect(await store.job(jobId(1))).toEqual(ended(1))
        expect(await store.execution(executionId(1))).toEqual(ran(1))
        expect(await idsOf(store, 'all')).toEqual([1, 2].map(jobId))
      }))
  })

  describe('removed history', () => {
    it('is gone, is not looked for again, and starts again at 1 with a new version [W23]', () =>
      using(async ({ store }) => {
        await put(store, 1)
        await put(store, 2)
        await applied(store, { removeHistory: [removal(1)] })
        expect(await store.history(jobId(1), 0, 10)).toEqual([])
        expect(await store.history(jobId(2), 0, 10)).toHaveLength(2)
        expect(await store.job(jobId(1))).toEqual(ended(1))
        expect(await idsOf(store, 'with history')).toEqual([jobId(2)])
        expect((await idsOf(store, 'all')).toSorted()).toEqual([1, 2].map(jobId))

        const open = aJob(1, { Version: 2, Revision: 2 })
        await applied(store, { updateJobs: [{ ...removal(1), job: open }], history: [aLine()] })
        expect(await numbersOf(store, 1)).toEqual([1])
        await applied(store, { updateJobs: [{ ...removal(1, 2), job: ended(1, { Version: 2, Revision: 3 }) }] })
        expect(await idsOf(store, 'with history')).toEqual([1, 2].map(jobId))
      }))

    it('is never that of a job which lives', () =>
      using(async ({ store }) => {
        await put(store, 1, aJob(1))
        expect((await store.commit({ removeHistory: [removal(1)] })).kind).toBe('conflict')
        expect((await store.commit({ removeHistory: [removal(2)] })).kind).toBe('conflict')
        expect(await store.history(jobId(1), 0, 10)).toHaveLength(2)
      }))
  })

  describe('many removed jobs', () => {
    it('leave an index of ids that is right, whatever was waiting to be merged', async () => {
      const { store } = await open()
      const kept: number[] = []
      for (let n = 1; n <= 60; n++) {
        await put(store, (n * 37) % 101)
        kept.push((n * 37) % 101)
        if (n % 3 === 0) await applied(store, { removeJobs: [removal(kept.splice((n * 7) % kept.length, 1)[0] ?? 0)] })
        const ids = kept.map(jobId).sort()
        expect(await store.jobIdsByPrefix('j-', 100)).toEqual(ids)
        expect((await store.jobs({}, 'id', false, 100)).items.map((job) => job.ID)).toEqual(ids)
        for (const one of kept) expect((await store.execution(executionId(one)))?.JobID).toBe(jobId(one))
      }
      await store.close()
    })
  })
}

/** What a closed store has left of what was removed. */
export function removalReopeningSuite(open: Open, reopen: Open): void {
  describe('after closing, removed jobs', () => {
    it('stay away, and what comes then takes none of their places', async () => {
      const { store } = await open()
      const order = { Kind: 'AskForBid', Body: { Execution: ran(2), Job: ended(2) } } as const
      await put(store, 1)
      await put(store, 2)
      await applied(store, { outbox: [{ peer: nodeId(2), message: order }] })
      await applied(store, { removeJobs: [removal(2), removal(1)] })
      await store.close()

      const again = await reopen()
      expect((await again.store.jobs({}, 'id', false, 9)).items).toEqual([])
      // With the keys of the removed ones it would be taken for the job of the order that still waits.
      await put(again.store, 3)
      await put(again.store, 4)
      expect((await again.store.outbox(nodeId(2), 0, 9))[0]?.message.Kind).toBe('CancelExecution')
      await again.store.close()

      const third = await reopen()
      for (const n of [3, 4]) {
        expect(await third.store.job(jobId(n))).toEqual(ended(n))
        expect(await third.store.execution(executionId(n))).toEqual(ran(n))
      }
      await third.store.close()
    })
  })
}
