import type { Execution } from '#models/execution.ts'
import { rescheduleOf } from '#models/job.ts'
import type { Snapshot } from '../snapshot.ts'

/** What is to be done about a partition whose last attempt ended without success. */
export type Retry =
  | { kind: 'now' }
  | { kind: 'later'; at: bigint }
  /** No more attempts; `cause` is the last failure's text. */
  | { kind: 'never'; cause: string; why: string }

const secondNs = 1_000_000_000n

/**
 * Looks at all attempts of one partition, oldest first. Declined bids and lost executions are placed again at once;
 * failures follow the job's Reschedule policy (models §13).
 */
export const retryOf = (snapshot: Snapshot, attempts: readonly Execution[]): Retry => {
  const last = attempts.at(-1)
  if (!last) return { kind: 'now' }
  const { job, nowNs } = snapshot
  const cause = (last.ComputeState.StateType === 'Failed' && last.ComputeState.Message) || 'execution failed'
  if (job.Delivery === 'AtMostOnce' && attempts.some(mayHaveStarted))
    return { kind: 'never', cause, why: 'it may have started, and the job must not start more than once' }
  if (last.ComputeState.StateType !== 'Failed' || last.FailureClass === 'lost') return { kind: 'now' }
  const policy = rescheduleOf(job)
  const failures = attempts.filter((a) => a.ComputeState.StateType === 'Failed' && a.FailureClass !== 'lost').length
  if (last.FailureClass !== '' && !policy.Classes.includes(last.FailureClass)) {
    return { kind: 'never', cause, why: `a failure of class ${last.FailureClass} is not tried again` }
  }
  if (job.Delivery === 'AtMostOnce') return { kind: 'never', cause, why: 'the job must not start more than once' }
  if (failures >= policy.Attempts) return { kind: 'never', cause, why: `tried ${failures} of ${policy.Attempts} times` }
  const at = last.ModifyTime + backoffNs(policy.Delay, policy.MaxDelay, failures, jitterOf(last.ID))
  const deadline = policy.Deadline > 0 ? job.VersionTime + BigInt(policy.Deadline) * secondNs : undefined
  if (deadline !== undefined && at > deadline)
    return { kind: 'never', cause, why: `past the deadline for new attempts` }
  return at <= nowNs ? { kind: 'now' } : { kind: 'later', at }
}

/** That the start of a lost one was not reported does not mean that it did not start: the report may be what was lost (I4). */
const mayHaveStarted = ({ StartTime, FailureClass }: Execution): boolean => StartTime > 0n || FailureClass === 'lost'

/** Exponential from `delay` seconds, at most `maxDelay`, between half and all of it. */
const backoffNs = (delay: number, maxDelay: number, failures: number, jitter: number): bigint => {
  const fullMs = Math.min(maxDelay, delay * 2 ** (failures - 1)) * 1000
  return BigInt(Math.round(fullMs * (0.5 + jitter / 2))) * 1_000_000n
}

/** The same for the same execution, so that looking twice gives the same time. 0…1. */
const jitterOf = (executionId: string): number => Number.parseInt(executionId.slice(2, 10), 16) / 0xffffffff
