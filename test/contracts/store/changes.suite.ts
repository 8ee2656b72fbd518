import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import {
  aJob,
  aLine,
  aNode,
  anExecution,
  aToken,
  executionId,
  jobId,
  nodeId,
  someWork,
  startNs,
} from '../store-fixtures.ts'
import { applied, message, peer, type Using } from './hands.ts'

/** One decision: all of it is there, or nothing. */
export function changeSuite(using: Using): void {
  describe('a change', () => {
    it('is visible to reads at once and durable after the flush [I14]', () =>
      using(async ({ store, flush }) => {
        let isDurable = false
        const outcome = await applied(store, { insertJobs: [aJob(1)] })
        void outcome.durable.then(() => {
          isDurable = true
        })
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        const settled = store.settled()
        expect(isDurable).toBe(false)
        flush()
        await outcome.durable
        await settled
        await store.settled()
      }))

    it('that can wait becomes durable with the next one that cannot, when somebody waits for it, or after half a second', () =>
      using(async ({ store, flush, passMs }) => {
        const hasten = [() => store.commit({ insertJobs: [aJob(1)] }), () => store.settled(), () => passMs(500)]
        for (const act of hasten) {
          let isDurable = false
          const { durable } = await applied(store, { putNodes: [aNode(1)], canWait: true })
          void durable.then(() => (isDurable = true))
          passMs(499)
          flush()
          await Promise.resolve()
          expect(isDurable).toBe(false)
          expect(await store.nodes()).toEqual([aNode(1)])
          act()
          flush()
          await durable
        }
      }))

    it('waits for others while they keep coming to a busy process, and no longer than 25 ms', () =>
      using(async ({ store, flush, setBusy, passMs }) => {
        const stored: number[] = []
        const store1 = async (n: number) => {
          const { durable } = await applied(store, { putNodes: [aNode(n)] })
          void durable.then(() => stored.push(n))
        }
        const seen = async () => {
          flush()
          await store.token('default', 'none')
          return stored.length
        }
        setBusy(true)
        await store1(1)
        expect(await seen()).toBe(0)
        setBusy(false)
        expect(await seen()).toBe(1)
        setBusy(true)
        await store1(2)
        passMs(2)
        expect(await seen()).toBe(2)
        for (let n = 3; n <= 27; n++) {
          await store1(n)
          passMs(1)
          expect(await seen()).toBe(n < 27 ? 2 : 27)
        }
      }))

    it('waits no longer than 100 ms for a turn of the event loop in which changes keep coming', () =>
      using(async ({ store, failNextCommit, passMs }) => {
        const first = await applied(store, { putNodes: [aNode(1)] })
        passMs(99)
        await applied(store, { putNodes: [aNode(2)] })
        passMs(1)
        await applied(store, { putNodes: [aNode(3)] })
        await first.durable
        passMs(100)
        failNextCommit()
        await expect(store.commit({ putNodes: [aNode(4)] })).rejects.toMatchObject({ code: 'ServiceUnavailable' })
        expect(await store.nodes()).toEqual([aNode(1), aNode(2)])
      }))

    it('gives back exactly what was stored, with 64-bit times and numbers that keep their text', () =>
      using(async ({ store, flush }) => {
        const execution = anExecution(1, {
          Name: '',
          ComputeState: { StateType: 'Running', Message: 'x', Details: { a: 'b' } },
          PublishedResult: { Type: 's3', Params: { n: 5n } },
          RunOutput: {
            Stdout: 'out\u0000',
            StdoutTruncated: false,
            stderr: '\u0001',
            StderrTruncated: true,
            ExitCode: 0,
            ErrorMsg: '',
          },
          StartTime: startNs,
        })
        const line = aLine({ Type: 'ExecutionLevel', ExecutionID: executionId(1), NodeID: nodeId(1), Comment: 'c' })
        delete line.JobState
        line.ExecutionState = { Previous: 'New', New: 'Running' }
        line.Event = { Message: 'm', Topic: 't', Timestamp: 0n, Details: { Retryable: 'true' } }
        const ask = { Kind: 'AskForBid', Body: { Execution: execution, Job: aJob(1) } } as const
        const outcome = await applied(store, {
          insertJobs: [aJob(1)],
          insertExecutions: [execution],
          putWork: [someWork(1)],
          history: [aLine(), line],
          putNodes: [aNode(2), aNode(1)],
          putTokens: [aToken()],
          putFacts: { a: 'b' },
          outbox: [{ peer, message: ask }],
        })
        flush()
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        expect(await store.execution(executionId(1))).toEqual(execution)
        expect(await store.work(executionId(1))).toEqual(someWork(1))
        const lines = [
          { ...aLine(), SeqNum: 1 },
          { ...line, SeqNum: 2 },
        ]
        expect(await store.history(jobId(1), 0, 10)).toEqual(lines)
        expect(await store.nodes()).toEqual([aNode(1), aNode(2)])
        expect(await store.token('default', 'key-1')).toEqual(aToken())
        expect(await store.fact('a')).toBe('b')
        expect(await store.outbox(peer, 0, 10)).toEqual([{ peer, seq: 1, message: ask }])
        expect(outcome.outbox).toEqual([{ peer, seq: 1, message: ask }])
      }))

    it('keeps an order as it came, also when its job is another one than the stored', () =>
      using(async ({ store }) => {
        const other = aJob(1, { Meta: { changed: 'yes' } })
        const work = someWork(1, { order: { execution: anExecution(1), job: other } })
        const ask = { Kind: 'AskForBid', Body: { Execution: anExecution(1), Job: other } } as const
        await applied(store, { insertJobs: [aJob(1)], putWork: [work], outbox: [{ peer, message: ask }] })
        expect(await store.work(executionId(1))).toEqual(work)
        expect((await store.outbox(peer, 0, 1))[0]?.message).toEqual(ask)
        const moved = aJob(1, { Version: 2, Revision: 2, Count: 7 })
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 1, job: moved }] })
        expect(await store.work(executionId(1))).toEqual(work)
      }))

    it('applies its parts in the order of the fields', () =>
      using(async ({ store }) => {
        const moved = aJob(1, { Revision: 2, State: { StateType: 'Running', Message: 'on its way' } })
        await applied(store, {
          insertJobs: [aJob(1)],
          updateJobs: [
            { id: jobId(1), expectedRevision: 1, job: moved },
            { id: jobId(1), expectedRevision: 2, job: { ...moved, Revision: 3 } },
          ],
          insertExecutions: [anExecution(1)],
          updateExecutions: [{ id: executionId(1), expectedRevision: 1, execution: anExecution(1, { Revision: 2 }) }],
          putWork: [someWork(1), someWork(2)],
          updateWork: [{ executionId: executionId(1), expected: ['New'], state: 'Queued' }],
          removeWork: [executionId(2)],
          history: [aLine()],
        })
        expect(await store.job(jobId(1))).toEqual({ ...moved, Revision: 3 })
        expect((await store.execution(executionId(1)))?.Revision).toBe(2)
        expect((await store.workInStates(['New', 'Queued', 'Running'])).map((row) => row.state)).toEqual(['Queued'])
      }))

    const refused: [name: string, change: Change][] = [
      ['makes a job that exists', { insertJobs: [aJob(2), aJob(1)] }],
      ['makes a job twice', { insertJobs: [aJob(2), aJob(2)] }],
      ['updates another revision', { updateJobs: [{ id: jobId(1), expectedRevision: 9, job: aJob(1) }] }],
      ['updates a job that is not there', { updateJobs: [{ id: jobId(2), expectedRevision: 1, job: aJob(2) }] }],
      ['makes an execution that exists', { insertExecutions: [anExecution(1)] }],
      ['makes an execution of no job', { insertExecutions: [anExecution(2, { JobID: jobId(9) })] }],
      [
        'updates another revision of an execution',
        { updateExecutions: [{ id: executionId(1), expectedRevision: 9, execution: anExecution(1) }] },
      ],
      [
        'moves work from a state it is not in',
        { updateWork: [{ executionId: executionId(1), expected: ['Queued', 'Running'], state: 'Running' }] },
      ],
      [
        'moves work that is not there',
        { updateWork: [{ executionId: executionId(2), expected: ['New'], state: 'New' }] },
      ],
      ['leaves a gap in the inbox', { inbox: { peer, senderStoreId: 's', seq: 3 } }],
    ]
    it.each(refused)('is a conflict and leaves nothing when it %s', (_name, change) =>
      using(async ({ store, flush }) => {
        await applied(store, {
          inbox: { peer, senderStoreId: 's', seq: 1 },
          insertJobs: [aJob(1)],
          insertExecutions: [anExecution(1)],
          putWork: [someWork(1)],
        })
        const outcome = await store.commit({
          ...change,
          putFacts: { left: 'behind' },
          outbox: [{ peer, message: message(1) }],
        })
        expect(outcome.kind).toBe('conflict')
        flush()
        expect(await store.fact('left')).toBeUndefined()
        expect(await store.outbox(peer, 0, 10)).toEqual([])
        expect(await store.job(jobId(2))).toBeUndefined()
        expect(await store.job(jobId(1))).toEqual(aJob(1))
        expect(await store.execution(executionId(1))).toEqual(anExecution(1))
        expect(await store.work(executionId(1))).toEqual(someWork(1))
      }),
    )
  })
}
