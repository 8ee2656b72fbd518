import { describe, expect, it } from 'vitest'
import { aJob, aLine, anExecution, executionId, jobId, nodeId, startNs } from '../store-fixtures.ts'
import { applied, numbersOf, type Using } from './hands.ts'

/** What is kept of the past: the lines of a job and its versions. */
export function historySuite(using: Using): void {
  describe('history', () => {
    it('is numbered 1, 2, 3 … per job, and a refused change leaves no gap [I7]', () =>
      using(async ({ store }) => {
        await applied(store, {
          insertJobs: [aJob(1), aJob(2)],
          history: [aLine(), aLine({ JobID: jobId(2) }), aLine()],
        })
        await store.commit({ history: [aLine()], updateJobs: [{ id: jobId(1), expectedRevision: 5, job: aJob(1) }] })
        await applied(store, { history: [aLine({ JobID: jobId(2) }), aLine()] })
        expect(await numbersOf(store, 1)).toEqual([1, 2, 3])
        expect(await numbersOf(store, 2)).toEqual([1, 2])
        expect((await store.history(jobId(1), 1, 1)).map((line) => line.SeqNum)).toEqual([2])
        expect(await store.history(jobId(3), 0, 10)).toEqual([])
      }))

    it('keeps a line without a node beside one with the node of its execution', () =>
      using(async ({ store, flush }) => {
        const lines = [
          aLine({ ExecutionID: executionId(1) }),
          aLine({ ExecutionID: executionId(1), NodeID: nodeId(1) }),
          aLine({ NodeID: nodeId(2) }),
          aLine({ ExecutionID: executionId(1), NodeID: nodeId(2) }),
        ]
        await applied(store, { insertJobs: [aJob(1)], insertExecutions: [anExecution(1)], history: lines })
        const numbered = lines.map((line, index) => ({ ...line, SeqNum: index + 1 }))
        expect(await store.history(jobId(1), 0, 10)).toEqual(numbered)
        flush()
        expect(await store.history(jobId(1), 0, 10)).toEqual(numbered)
      }))

    it('of one job that becomes durable together is one row', () =>
      using(async ({ store, flush, failWrite, stopFailing }) => {
        await applied(store, { insertJobs: [aJob(1), aJob(2)] })
        flush()
        for (let round = 0; round < 2; round++) {
          await applied(store, { history: [aLine(), aLine({ JobID: jobId(2) }), aLine()] })
          const { durable } = await applied(store, { history: [aLine()] })
          failWrite(2)
          flush()
          stopFailing()
          await durable
        }
        const seqs = (await store.history(jobId(1), 0, 10)).map((line) => line.SeqNum)
        expect(seqs).toEqual([1, 2, 3, 4, 5, 6])
      }))
  })

  describe('a page of history', () => {
    it('begins and ends anywhere among lines that were stored together', () =>
      using(async ({ store, flush }) => {
        const lines = Array.from({ length: 70 }, (_, at) => {
          const Time = startNs + BigInt(Math.floor(at / 3))
          return aLine({
            Time,
            Event: {
              Message: `${at}`,
              Topic: 't',
              Timestamp: startNs,
              ...(at % 5 === 0 && { Details: { at: `${at}` } }),
            },
            ...(at % 2 === 0 && { JobState: { Previous: 'Pending', New: 'Running' }, Comment: `${at}` }),
            ...(at % 7 === 0 && { ExecutionID: executionId(1), NodeID: nodeId(1) }),
            ...(at % 7 === 1 && { ExecutionState: { Previous: 'New', New: 'AskForBid' }, NodeID: nodeId(2) }),
          })
        })
        await applied(store, { insertJobs: [aJob(1)], insertExecutions: [anExecution(1)], history: lines })
        await applied(store, { history: [aLine()] })
        const all = [...lines, aLine()].map((line, at) => ({ ...line, SeqNum: at + 1 }))
        const areRight = async () => {
          for (const after of [0, 1, 30, 31, 32, 33, 63, 64, 69, 70, 71, 72])
            for (const limit of [1, 2, 31, 33, 100])
              expect(await store.history(jobId(1), after, limit)).toEqual(all.slice(after, after + limit))
        }
        await areRight()
        flush()
        await areRight()
        await applied(store, { history: [aLine()] })
        all.push({ ...aLine(), SeqNum: 72 })
        await areRight()
      }))
  })

  describe('versions of a job', () => {
    it('are all kept, with how far each had come', () =>
      using(async ({ store }) => {
        const first = aJob(1, {
          State: { StateType: 'Failed', Message: 'no node' },
          Revision: 2,
          ModifyTime: startNs + 50n,
        })
        const second = aJob(1, { Version: 2, Revision: 3, Count: 5, Labels: { a: '1' }, VersionTime: startNs + 99n })
        await applied(store, { insertJobs: [aJob(1)] })
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 1, job: first }] })
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 2, job: second }] })
        expect(await store.job(jobId(1))).toEqual(second)
        expect(await store.jobVersions(jobId(1))).toEqual([first, second])
        expect(await store.jobVersion(jobId(1), 1)).toEqual(first)
        expect(await store.jobVersion(jobId(1), 2)).toEqual(second)
        expect(await store.jobVersion(jobId(1), 3)).toBeUndefined()
        expect(await store.jobVersions(jobId(2))).toEqual([])
      }))
  })
}
