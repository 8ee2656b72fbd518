import { describe, expect, it } from 'vitest'
import type { Change, CommitOutcome, JobCursor, JobFilter, JobOrder, Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Job } from '#models/job.ts'
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
} from './store-fixtures.ts'

/** A store under test and the hands on it. */
export type StoreUnderTest = {
  store: Store
  /** Runs the flushes that were asked for. */
  flush(): void
  /** Makes the next transaction fail when it is committed. */
  failNextCommit(): void
  /** Makes one of the next writes fail: 0 = the next one. */
  failWrite(countdown: number): void
  stopFailing(): void
  /** The store's clock goes on by this much. */
  passNs(ns: bigint): void
}

export type StoreSuiteOptions = {
  open: () => Promise<StoreUnderTest>
  /** Opens what a closed store has left; undefined = it keeps nothing. */
  reopen?: () => Promise<StoreUnderTest>
}

type AppliedOutcome = Extract<CommitOutcome, { kind: 'applied' }>

export async function applied(store: Store, change: Change): Promise<AppliedOutcome> {
  const outcome = await store.commit(change)
  if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome))
  return outcome
}

const message = (n: number) =>
  ({ Kind: 'CancelExecution', Body: { ExecutionID: executionId(n), Reason: 'because' } }) as const
const peer = nodeId(1)

async function allJobs(store: Store, filter: JobFilter, order: JobOrder, isReversed: boolean, limit: number) {
  const found: Job[] = []
  let after: JobCursor | undefined
  for (;;) {
    const page = await store.jobs(filter, order, isReversed, limit, after)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items)
    const last = page.items.at(-1)
    if (!page.hasMore || !last) return found
    const values = { created_at: last.CreateTime, modified_at: last.ModifyTime, id: last.ID }
    after = { value: values[order], id: last.ID }
  }
}

/** What every store must do (src/contracts/store.ts). */
export function storeSuite({ open, reopen }: StoreSuiteOptions): void {
  async function using(test: (under: StoreUnderTest) => Promise<void>): Promise<void> {
    const under = await open()
    try {
      await test(under)
    } finally {
      await under.store.close()
    }
  }

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
        expect(outcome.history).toEqual(lines)
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

  describe('messages', () => {
    it('are applied once and in order per sender and store of the sender', () =>
      using(async ({ store }) => {
        const take = async (senderStoreId: string, seq: number) =>
          (await store.commit({ inbox: { peer, senderStoreId, seq }, putFacts: { last: `${senderStoreId}${seq}` } }))
            .kind
        expect(await take('a', 2)).toBe('conflict')
        expect(await take('a', 1)).toBe('applied')
        expect(await take('a', 1)).toBe('duplicate')
        expect(await take('a', 2)).toBe('applied')
        expect(await take('b', 1)).toBe('applied')
        expect(await take('a', 1)).toBe('duplicate')
        expect(await store.fact('last')).toBe('b1')
        expect(await store.inboxSeq(peer, 'a')).toBe(2)
        expect(await store.inboxSeq(peer, 'c')).toBe(0)
      }))

    it('are numbered per peer without gaps, also when all rows before are gone', () =>
      using(async ({ store, flush }) => {
        const send = async (to: string, n: number) =>
          (await applied(store, { outbox: [{ peer: to, message: message(n) }] })).outbox.map((row) => row.seq)
        expect(await send('x', 1)).toEqual([1])
        expect(await send('y', 2)).toEqual([1])
        expect(await send('x', 3)).toEqual([2])
        await applied(store, { acked: [{ peer: 'x', seq: 1 }] })
        expect((await store.outbox('x', 0, 10)).map((row) => row.seq)).toEqual([2])
        await applied(store, { acked: [{ peer: 'x', seq: 2 }] })
        await applied(store, { acked: [{ peer: 'x', seq: 1 }] })
        flush()
        expect(await store.outbox('x', 0, 10)).toEqual([])
        expect(await send('x', 4)).toEqual([3])
        expect((await store.outbox('x', 2, 10)).map((row) => row.message)).toEqual([message(4)])
        expect(await store.outbox('x', 3, 10)).toEqual([])
      }))

    it('are read in pages', () =>
      using(async ({ store }) => {
        await applied(store, { outbox: [1, 2, 3, 4, 5].map((n) => ({ peer, message: message(n) })) })
        expect((await store.outbox(peer, 1, 3)).map((row) => row.seq)).toEqual([2, 3, 4])
      }))

    it('go on without a gap when a peer claims to have applied what was never sent', () =>
      using(async ({ store }) => {
        await applied(store, { outbox: [{ peer, message: message(1) }] })
        await applied(store, { acked: [{ peer, seq: 1_000 }] })
        const { outbox } = await applied(store, { outbox: [{ peer, message: message(2) }] })
        expect(outbox[0]?.seq).toBe(2)
      }))

    it('start again at 1 for a peer that lost its store', () =>
      using(async ({ store }) => {
        await applied(store, { inbox: { peer, senderStoreId: 's', seq: 1 }, outbox: [{ peer, message: message(1) }] })
        await applied(store, { acked: [{ peer, seq: 1 }] })
        await applied(store, { resetPeers: [peer] })
        expect(await store.inboxSeq(peer, 's')).toBe(0)
        const { outbox } = await applied(store, { outbox: [{ peer, message: message(2) }] })
        expect(outbox[0]?.seq).toBe(1)
      }))
  })

  describe('history', () => {
    it('is numbered 1, 2, 3 … per job, and a refused change leaves no gap [I7]', () =>
      using(async ({ store }) => {
        await applied(store, {
          insertJobs: [aJob(1), aJob(2)],
          history: [aLine(), aLine({ JobID: jobId(2) }), aLine()],
        })
        await store.commit({ history: [aLine()], updateJobs: [{ id: jobId(1), expectedRevision: 5, job: aJob(1) }] })
        const { history } = await applied(store, { history: [aLine({ JobID: jobId(2) }), aLine()] })
        expect(history.map((line) => [line.JobID, line.SeqNum])).toEqual([
          [jobId(2), 2],
          [jobId(1), 3],
        ])
        expect((await store.history(jobId(1), 1, 1)).map((line) => line.SeqNum)).toEqual([2])
        expect((await store.history(jobId(1), 0, 10)).map((line) => line.SeqNum)).toEqual([1, 2, 3])
        expect(await store.history(jobId(3), 0, 10)).toEqual([])
      }))

    it('keeps a line without a node beside one with the node of its execution', () =>
      using(async ({ store }) => {
        const lines = [
          aLine({ ExecutionID: executionId(1) }),
          aLine({ ExecutionID: executionId(1), NodeID: nodeId(1) }),
          aLine({ NodeID: nodeId(2) }),
          aLine({ ExecutionID: executionId(1), NodeID: nodeId(2) }),
        ]
        await applied(store, { insertJobs: [aJob(1)], insertExecutions: [anExecution(1)], history: lines })
        const numbered = lines.map((line, index) => ({ ...line, SeqNum: index + 1 }))
        expect(await store.history(jobId(1), 0, 10)).toEqual(numbered)
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

  describe('finding', () => {
    it('finds jobs by the beginning of their id', () =>
      using(async ({ store }) => {
        const ids = ['j-aa1', 'j-aa2', 'j-ab1', 'j-b', 'j-aa'].map((id) => id as Job['ID'])
        await applied(store, { insertJobs: ids.map((ID, n) => aJob(n, { ID })) })
        expect(await store.jobIdsByPrefix('j-aa', 10)).toEqual(['j-aa', 'j-aa1', 'j-aa2'])
        expect(await store.jobIdsByPrefix('j-a', 2)).toEqual(['j-aa', 'j-aa1'])
        expect(await store.jobIdsByPrefix('j-c', 2)).toEqual([])
        expect(await store.jobIdsByPrefix("j-%' or 1=1 --", 2)).toEqual([])
      }))

    it('finds the newest job of a name, and a job without a name by its id', () =>
      using(async ({ store }) => {
        const named = (n: number, Name: string, Namespace = 'default') => aJob(n, { Name, Namespace })
        await applied(store, {
          insertJobs: [named(1, 'x'), named(3, 'x'), named(2, 'x'), named(4, 'x', 'other'), aJob(5)],
        })
        expect(await store.jobIdByName('x', 'default')).toBe(jobId(3))
        expect(await store.jobIdByName('x', 'other')).toBe(jobId(4))
        expect(await store.jobIdByName('y', 'default')).toBeUndefined()
        expect(await store.jobIdByName(jobId(5), 'default')).toBe(jobId(5))
        expect(await store.jobIdByName(jobId(5), 'other')).toBeUndefined()
        expect(await store.jobIdByName(jobId(1), 'default')).toBeUndefined()
      }))

    it('finds jobs in states, oldest first', () =>
      using(async ({ store }) => {
        const states = ['Pending', 'Running', 'Queued', 'Failed', 'Pending'] as const
        await applied(store, { insertJobs: states.map((StateType, n) => aJob(n, { State: { StateType } })) })
        expect(await store.jobIdsInStates(['Pending', 'Queued'])).toEqual([jobId(0), jobId(2), jobId(4)])
        expect(await store.jobIdsInStates(['Failed'])).toEqual([jobId(3)])
        const ended = aJob(0, { State: { StateType: 'Completed' }, Revision: 2 })
        await applied(store, { updateJobs: [{ id: jobId(0), expectedRevision: 1, job: ended }] })
        expect(await store.jobIdsInStates(['Pending', 'Queued', 'Running'])).toEqual([jobId(1), jobId(2), jobId(4)])
        expect(await store.jobIdsInStates(['Completed', 'Failed'])).toEqual([jobId(0), jobId(3)])
      }))

    it('finds executions by job, version and node', () =>
      using(async ({ store }) => {
        const ended = { StateType: 'Failed' } as const
        await applied(store, {
          insertJobs: [aJob(1), aJob(2)],
          insertExecutions: [
            anExecution(3),
            anExecution(1, { NodeID: nodeId(2) }),
            anExecution(2, { JobVersion: 2, ComputeState: ended }),
            anExecution(4, { JobID: jobId(2) }),
          ],
        })
        const ids = async (found: Promise<{ ID: string }[]>) => (await found).map((execution) => execution.ID)
        expect(await ids(store.executionsOfJob(jobId(1)))).toEqual([executionId(3), executionId(1), executionId(2)])
        expect(await ids(store.executionsOfJob(jobId(1), 2))).toEqual([executionId(2)])
        expect(await ids(store.executionsOfJob(jobId(9)))).toEqual([])
        expect(await ids(store.liveExecutions())).toEqual([executionId(3), executionId(1), executionId(4)])
        expect(await ids(store.liveExecutions(nodeId(1)))).toEqual([executionId(3), executionId(4)])
        const update = anExecution(3, { Revision: 2, ComputeState: { StateType: 'Completed' } })
        await applied(store, { updateExecutions: [{ id: executionId(3), expectedRevision: 1, execution: update }] })
        expect(await ids(store.liveExecutions(nodeId(1)))).toEqual([executionId(4)])
      }))

    it('finds work by state in the order of arrival', () =>
      using(async ({ store }) => {
        await applied(store, { putWork: [someWork(3), someWork(1), someWork(2)] })
        const started = {
          executionId: executionId(1),
          expected: ['New'],
          state: 'Running',
          startTime: startNs,
        } as const
        const need = { CPU: 4, Memory: 1, Disk: 2, GPU: 0 }
        await applied(store, { updateWork: [started, { ...started, executionId: executionId(3), need }] })
        await applied(store, { putWork: [someWork(3, { state: 'Queued' })] })
        const found = await store.workInStates(['Queued', 'Running'])
        expect(found).toEqual([someWork(3, { state: 'Queued' }), someWork(1, { state: 'Running', startTime: startNs })])
        await applied(store, { removeWork: [executionId(3), executionId(9)] })
        expect(await store.work(executionId(3))).toBeUndefined()
        expect((await store.workInStates(['New'])).map((row) => row.executionId)).toEqual([executionId(2)])
      }))

    it('forgets tokens after a day', () =>
      using(async ({ store, passNs }) => {
        await applied(store, { putTokens: [aToken(), aToken({ namespace: 'other', answer: 'x' })] })
        passNs(86_400n * 1_000_000_000n)
        expect(await store.token('default', 'key-1')).toEqual(aToken())
        passNs(1n)
        expect(await store.token('default', 'key-1')).toBeUndefined()
        expect(await store.token('default', 'key-2')).toBeUndefined()
      }))

    it('replaces nodes, facts and tokens, and removes nodes', () =>
      using(async ({ store }) => {
        await applied(store, { putNodes: [aNode(1), aNode(2)], putFacts: { a: '1' }, putTokens: [aToken()] })
        const changed = { ...aNode(1), Membership: 'REJECTED' as const }
        await applied(store, {
          putNodes: [changed],
          removeNodes: [nodeId(2)],
          putFacts: { a: '2' },
          putTokens: [aToken({ answer: 'new' })],
        })
        expect(await store.nodes()).toEqual([changed])
        expect(await store.fact('a')).toBe('2')
        expect((await store.token('default', 'key-1'))?.answer).toBe('new')
      }))
  })

  describe('listing jobs', () => {
    const jobs = Array.from({ length: 40 }, (_, n) =>
      aJob((n * 17) % 40, {
        Namespace: n % 3 === 0 ? 'other' : 'default',
        Labels: n % 5 === 0 ? { rare: 'yes', n: `${n}` } : {},
        CreateTime: startNs + BigInt((n * 7) % 40),
        ModifyTime: startNs + BigInt((n * 23) % 40),
      }),
    )
    const values = (order: JobOrder) => (job: Job) =>
      order === 'id' ? job.ID : order === 'created_at' ? job.CreateTime : job.ModifyTime
    const isRare = (labels: Readonly<Record<string, string>>) => labels.rare === 'yes'
    const filters: [name: string, filter: JobFilter, isWanted: (job: Job) => boolean][] = [
      ['all', {}, () => true],
      ['one namespace', { namespace: 'other' }, (job) => job.Namespace === 'other'],
      ['a label', { matchesLabels: isRare }, (job) => isRare(job.Labels)],
      [
        'a label that is indexed',
        { matchesLabels: isRare, requiredLabels: { rare: 'yes' } },
        (job) => isRare(job.Labels),
      ],
      [
        'a label in one namespace',
        { namespace: 'default', matchesLabels: isRare, requiredLabels: { rare: 'yes' } },
        (job) => isRare(job.Labels) && job.Namespace === 'default',
      ],
    ]
    for (const order of ['created_at', 'modified_at', 'id'] as const) {
      it.each(filters)(
        `pages through %s by ${order}, both ways, neither skipping nor repeating [I14]`,
        (_n, filter, isWanted) =>
          using(async ({ store, flush }) => {
            const under = { store, flush }
            await applied(under.store, { insertJobs: jobs })
            const value = values(order)
            const wanted = jobs.filter(isWanted).sort((a, b) => (value(a) < value(b) ? -1 : 1))
            for (const limit of [1, 7, 100]) {
              const listing = allJobs(store, filter, order, false, limit)
              expect((await drive(under, listing)).map((job) => job.ID)).toEqual(wanted.map((job) => job.ID))
              const reversed = await drive(under, allJobs(store, filter, order, true, limit))
              expect(reversed.map((job) => job.ID)).toEqual(wanted.toReversed().map((job) => job.ID))
            }
          }),
      )
    }

    it('pages through jobs of the same time', () =>
      using(async ({ store }) => {
        await applied(store, {
          insertJobs: [5, 3, 9, 1].map((n) => aJob(n, { CreateTime: startNs, ModifyTime: startNs })),
        })
        for (const order of ['created_at', 'modified_at'] as const) {
          const found = await allJobs(store, {}, order, false, 1)
          expect(found.map((job) => job.ID).sort()).toEqual([1, 3, 5, 9].map(jobId))
          expect((await allJobs(store, {}, order, true, 1)).reverse()).toEqual(found)
        }
      }))

    it('sees what an update has changed', () =>
      using(async ({ store }) => {
        await applied(store, { insertJobs: [aJob(1), aJob(2)] })
        const moved = aJob(1, {
          Version: 2,
          Revision: 2,
          ModifyTime: startNs + 9n,
          Namespace: 'new',
          Labels: { a: 'b' },
        })
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 1, job: moved }] })
        expect((await store.jobs({}, 'modified_at', true, 1)).items).toEqual([moved])
        expect((await store.jobs({ namespace: 'default' }, 'id', false, 9)).items).toEqual([aJob(2)])
        const labelled = { requiredLabels: { a: 'b' }, matchesLabels: () => true }
        expect((await store.jobs(labelled, 'id', false, 9)).items).toEqual([moved])
        const bare = { ...moved, Version: 3, Revision: 3, Labels: {} }
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 2, job: bare }] })
        expect((await store.jobs(labelled, 'id', false, 9)).items).toEqual([])
      }))
  })

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
        expect(again.history[0]?.SeqNum).toBe(2)
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
        for (let countdown = 0; countdown < 6; countdown++) {
          failWrite(countdown)
          const change: Change = {
            insertJobs: [aJob(2)],
            putWork: [someWork(1)],
            history: [aLine()],
            putFacts: { a: 'b' },
            outbox: [{ peer, message: message(2) }],
          }
          await expect(store.commit(change)).rejects.toMatchObject({ code: 'StorageFull' })
        }
        const after = await applied(store, { history: [aLine()], outbox: [{ peer, message: message(3) }] })
        expect(after.history[0]?.SeqNum).toBe(2)
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

  if (!reopen) return
  describe('after closing', () => {
    it('everything applied is there, and all numbers go on', async () => {
      const { store } = await open()
      await applied(store, {
        insertJobs: [aJob(1)],
        insertExecutions: [anExecution(1)],
        putWork: [someWork(1)],
        history: [aLine()],
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
      expect(outcome.history[0]?.SeqNum).toBe(2)
      expect(outcome.outbox[0]?.seq).toBe(2)
      await again.store.close()
    })
  })
}

/** Lets a long walk take its turns: it asks for them as flushes. */
async function drive<Result>({ flush }: Pick<StoreUnderTest, 'flush'>, work: Promise<Result>): Promise<Result> {
  const walk = { isDone: false }
  const end = () => {
    walk.isDone = true
  }
  work.then(end, end)
  while (!walk.isDone) {
    flush()
    await Promise.resolve()
  }
  return work
}
