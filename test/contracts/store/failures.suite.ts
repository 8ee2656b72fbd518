import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import { aJob, aLine, executionId, jobId, someWork } from '../store-fixtures.ts'
import { applied, message, numbersOf, peer, type Using } from './hands.ts'

/** Longer than the tables wait to be written, again too. */
const writtenAfterMs = 10_000

/** A write, a commit or a sync that fails. */
export function failureSuite(using: Using): void {
  describe('when the world fails', () => {
    it('rejects what was not made durable, says so once, and goes on', () =>
      using(async ({ store, flush, failNextCommit }) => {
        await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
        flush()
        let lost = 0
        store.onLost(() => {
          lost += 1
        })
        const first = await applied(store, { insertJobs: [aJob(2)], outbox: [{ peer, message: message(1) }] })
        const second = await applied(store, { history: [aLine()], putWork: [someWork(1)] })
        const settled = store.settled()
        failNextCommit()
        flush()
        await expect(first.durable).rejects.toThrow(Fault)
        await expect(second.durable).rejects.toMatchObject({ code: 'StorageFull' })
        await expect(settled).rejects.toThrow(Fault)
        expect(lost).toBe(1)
        expect(await store.job(jobId(2))).toBeUndefined()
        expect(await store.work(executionId(1))).toBeUndefined()
        await store.settled()
        const again = await applied(store, {
          insertJobs: [aJob(2)],
          history: [aLine()],
          outbox: [{ peer, message: message(1) }],
        })
        flush()
        await again.durable
        expect(await numbersOf(store, 1)).toEqual([1, 2])
        expect(again.outbox[0]?.seq).toBe(1)
        expect(lost).toBe(1)
      }))

    it('needs nobody to wait for what is lost', () =>
      using(async ({ store, flush, failNextCommit }) => {
        await applied(store, { insertJobs: [aJob(1)] })
        failNextCommit()
        flush()
        await new Promise((resolve) => setImmediate(resolve))
        expect(await store.job(jobId(1))).toBeUndefined()
      }))

    it('takes back a change that fails between two of its rows, and only that one', () =>
      using(async ({ store, flush, failWrite }) => {
        let lost = 0
        store.onLost(() => {
          lost += 1
        })
        const before = await applied(store, {
          insertJobs: [aJob(1)],
          history: [aLine()],
          outbox: [{ peer, message: message(1) }],
        })
        for (let countdown = 0; countdown < 3; countdown++) {
          failWrite(countdown)
          const change: Change = {
            insertJobs: [aJob(2)],
            history: [aLine()],
            putFacts: { a: 'b' },
            putWork: [someWork(1)],
            outbox: [{ peer, message: message(2) }],
          }
          await expect(store.commit(change)).rejects.toMatchObject({ code: 'StorageFull' })
        }
        const after = await applied(store, { history: [aLine()], outbox: [{ peer, message: message(3) }] })
        expect(await numbersOf(store, 1)).toEqual([1, 2])
        expect(after.outbox[0]?.seq).toBe(2)
        flush()
        await before.durable
        await after.durable
        expect(lost).toBe(0)
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        expect(await store.job(jobId(2))).toBeUndefined()
        expect(await store.fact('a')).toBeUndefined()
        expect(await store.work(executionId(1))).toBeUndefined()
      }))

    it('loses nothing that is durable when its tables cannot be written, and writes them later', () =>
      using(async ({ store, flush, failWrite, failAll, stopFailing, passMs }) => {
        let lost = 0
        store.onLost(() => {
          lost += 1
        })
        const all = async () => [
          await store.job(jobId(1)),
          await numbersOf(store, 1),
          await store.work(executionId(1)),
          (await store.outbox(peer, 0, 10)).map(({ seq }) => seq),
        ]
        await applied(store, { insertJobs: [aJob(1)], history: [aLine()], putWork: [someWork(1)] })
        await applied(store, { outbox: [{ peer, message: message(1) }] })
        flush()
        await store.settled()
        const whole = [aJob(1), [1], someWork(1), [1]]
        for (const countdown of [0, 1, 2, 3]) {
          failWrite(countdown)
          passMs(writtenAfterMs)
          stopFailing()
          expect(await all()).toEqual(whole)
        }
        failAll('settle')
        passMs(writtenAfterMs)
        expect(await all()).toEqual(whole)
        // What comes meanwhile is durable all the same.
        const line = await applied(store, { history: [aLine()] })
        flush()
        await line.durable
        stopFailing()
        passMs(writtenAfterMs)
        expect(await all()).toEqual([aJob(1), [1, 2], someWork(1), [1]])
        expect(lost).toBe(0)
      }))

    it('is not read while its tables cannot be brought up to what is durable, and then tells all of it', () =>
      using(async ({ store, flush, failAll, stopFailing, passMs }) => {
        await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
        flush()
        failAll('write')
        passMs(writtenAfterMs)
        await expect(store.job(jobId(1))).rejects.toMatchObject({ code: 'StorageFull' })
        await expect(store.jobs({}, 'created_at', false, 10)).rejects.toMatchObject({ code: 'StorageFull' })
        await expect(store.commit({ putFacts: { a: 'b' } })).rejects.toMatchObject({ code: 'StorageFull' })
        stopFailing()
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        expect(await numbersOf(store, 1)).toEqual([1])
        expect(await store.fact('a')).toBeUndefined()
      }))

    it('loses only the group that is not durable yet when the database takes back all that is not in its file', () =>
      using(async ({ store, flush, rollBack }) => {
        await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
        flush()
        rollBack()
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        const second = await applied(store, { insertJobs: [aJob(2)], history: [aLine()] })
        rollBack()
        flush()
        await expect(second.durable).rejects.toThrow(Fault)
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        expect(await store.job(jobId(2))).toBeUndefined()
        expect(await numbersOf(store, 1)).toEqual([1])
      }))

    it('never writes a message that was applied before its group is durable, and goes on counting', () =>
      using(async ({ store, flush, failWrite, stopFailing }) => {
        await applied(store, { outbox: [{ peer, message: message(1) }] })
        await applied(store, { outbox: [{ peer, message: message(2) }], acked: [{ peer, seq: 1 }] })
        failWrite(2)
        const last = await applied(store, { acked: [{ peer, seq: 2 }] })
        flush()
        stopFailing()
        await last.durable
        expect(await store.outbox(peer, 0, 10)).toEqual([])
        const next = await applied(store, { outbox: [{ peer, message: message(3) }] })
        expect(next.outbox[0]?.seq).toBe(3)
      }))

    it('loses the group that the database has rolled back by itself, and stores nothing of it', () =>
      using(async ({ store, flush, rollBack }) => {
        let lost = 0
        store.onLost(() => {
          lost += 1
        })
        const first = await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
        rollBack()
        await expect(store.commit({ putFacts: { a: 'decided on what is lost' } })).rejects.toThrow(Fault)
        const second = await applied(store, { insertJobs: [aJob(1)], outbox: [{ peer, message: message(1) }] })
        await expect(first.durable).rejects.toThrow(Fault)
        expect(lost).toBe(1)
        expect(await store.fact('a')).toBeUndefined()
        rollBack()
        flush()
        await expect(second.durable).rejects.toThrow(Fault)
        expect(lost).toBe(2)
        expect(await store.job(jobId(1))).toBeUndefined()
        expect(await store.outbox(peer, 0, 10)).toEqual([])
        const third = await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
        flush()
        await third.durable
        expect(await numbersOf(store, 1)).toEqual([1])
      }))

    it('takes a failed first change back alone', () =>
      using(async ({ store, flush, failWrite }) => {
        failWrite(1)
        await expect(store.commit({ insertJobs: [aJob(1)] })).rejects.toThrow(Fault)
        await store.settled()
        const outcome = await applied(store, { insertJobs: [aJob(1)] })
        flush()
        await outcome.durable
      }))
  })
}
