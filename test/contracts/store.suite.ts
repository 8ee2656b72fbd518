import { describe, expect, it } from 'vitest'
import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
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

/** A store under test and the hand on its flush. */
export type StoreUnderTest = { store: Store /** Runs the flushes that were asked for. */; flush(): void }

export type StoreSuiteOptions = {
  open: () => Promise<StoreUnderTest>
  /** Opens what a closed store has left; undefined = it keeps nothing. */
  reopen?: () => Promise<StoreUnderTest>
}

type AppliedOutcome = Extract<CommitOutcome, { kind: 'applied' }>

async function applied(store: Store, change: Change): Promise<AppliedOutcome> {
  const outcome = await store.commit(change)
  if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome))
  return outcome
}

/** What every store must do (src/contracts/store.ts). */
export function storeSuite({ open, reopen }: StoreSuiteOptions): void {
  describe('commit', () => {
    it('is visible to reads at once and durable after the flush', async () => {
      const { store, flush } = await open()
      let isDurable = false
      const outcome = await applied(store, { insertJobs: [aJob(1)] })
      outcome.durable.then(() => (isDurable = true))
      expect(await store.job(jobId(1))).toEqual(aJob(1))
      expect(isDurable).toBe(false)
      const settled = store.settled()
      flush()
      await outcome.durable
      await settled
      expect(isDurable).toBe(true)
      await store.settled()
      await store.close()
    })

    it('gives back exactly what was stored, with 64-bit times and numbers that keep their text', async () => {
      const { store, flush } = await open()
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
      const work = someWork(1)
      const change: Change = {
        insertJobs: [aJob(1)],
        insertExecutions: [execution],
        putWork: [work],
        history: [aLine(), line],
        putNodes: [aNode(2), aNode(1)],
        putTokens: [aToken()],
        putFacts: { a: 'b' },
        outbox: [{ peer: nodeId(1), message: { Kind: 'AskForBid', Body: { Execution: execution, Job: aJob(1) } } }],
      }
      const outcome = await applied(store, change)
      flush()
      await outcome.durable
      expect(await store.job(jobId(1))).toEqual(aJob(1))
      expect(await store.execution(executionId(1))).toEqual(execution)
      expect(await store.work(executionId(1))).toEqual(work)
      const lines = [
        { ...aLine(), SeqNum: 1 },
        { ...line, SeqNum: 2 },
      ]
      expect(await store.history(jobId(1), 0, 10)).toEqual(lines)
      expect(outcome.history).toEqual(lines)
      expect(await store.nodes()).toEqual([aNode(1), aNode(2)])
      expect(await store.token('default', 'key-1')).toEqual(aToken())
      expect(await store.fact('a')).toBe('b')
      const row = { peer: nodeId(1), seq: 1, message: change.outbox?.[0]?.message }
      expect(await store.outbox(nodeId(1), 0, 10)).toEqual([row])
      expect(outcome.outbox).toEqual([row])
      await store.close()
    })

    it('stores nothing of a change with a wrong expectation', async () => {
      const { store, flush } = await open()
      await applied(store, { insertJobs: [aJob(1)] })
      const outcome = await store.commit({
        insertJobs: [aJob(2)],
        updateJobs: [{ id: jobId(1), expectedRevision: 7, job: aJob(1, { Revision: 8 }) }],
        putFacts: { a: 'b' },
      })
      expect(outcome.kind).toBe('conflict')
      flush()
      expect(await store.job(jobId(2))).toBeUndefined()
      expect(await store.fact('a')).toBeUndefined()
      expect(await store.job(jobId(1))).toEqual(aJob(1))
      await store.close()
    })
  })

  if (!reopen) return
  describe('after closing', () => {
    it('everything applied is there', async () => {
      const { store } = await open()
      await applied(store, { insertJobs: [aJob(1)], history: [aLine()] })
      const { storeId } = store
      await store.close()
      const again = await reopen()
      expect(again.store.storeId).toBe(storeId)
      expect(await again.store.job(jobId(1))).toEqual(aJob(1))
      const outcome = await applied(again.store, { history: [aLine()] })
      expect(outcome.history[0]?.SeqNum).toBe(2)
      await again.store.close()
    })
  })
}
