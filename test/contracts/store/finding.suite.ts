import { describe, expect, it } from 'vitest'
import type { Job } from '#models/job.ts'
import { aJob, aNode, anExecution, aToken, executionId, jobId, nodeId, someWork, startNs } from '../store-fixtures.ts'
import { applied, type Using } from './hands.ts'

/** Rows are found by what they are asked for. */
export function findingSuite(using: Using): void {
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
}
