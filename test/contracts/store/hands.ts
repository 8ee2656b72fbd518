import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import { executionId, jobId, nodeId } from '../store-fixtures.ts'
import type { StoreUnderTest } from '../store-under-test.ts'

export type Open = () => Promise<StoreUnderTest>

/** Runs a test on a store of its own. */
export type Using = (test: (under: StoreUnderTest) => Promise<void>) => Promise<void>

type AppliedOutcome = Extract<CommitOutcome, { kind: 'applied' }>

export async function applied(store: Store, change: Change): Promise<AppliedOutcome> {
  const outcome = await store.commit(change)
  if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome))
  return outcome
}

/** Those of the lines of a job. */
export const numbersOf = async (store: Store, job: number): Promise<number[]> =>
  (await store.history(jobId(job), 0, 100)).map(({ SeqNum }) => SeqNum)

export const message = (n: number) =>
  ({ Kind: 'CancelExecution', Body: { ExecutionID: executionId(n), Reason: 'because' } }) as const

export const peer = nodeId(1)
