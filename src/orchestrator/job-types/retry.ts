import type { Execution } from '#models/execution.ts'
import { isLongRunning, type Job, type ReschedulePolicy, rescheduleOf } from '#models/job.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'

/** What is to be done about a partition whose last attempt ended without success. */
export type Retry =
  /** `until`: when it is too late for that; Unix ns. */
  | { kind: 'now'; until?: bigint }
  | { kind: 'later'; at: bigint }
  /** No more attempts; `cause` is the last failure's text. */
  | { kind: 'never'; cause: string; why: string }

const secondNs = 1_000_000_000n
/** What a service or daemon did before it ran well for so long is not held against it. */
const steadyNs = 600n * secondNs

/**
 * Looks at all attempts of one partition, oldest first. Declined bids and lost executions are placed again at once;
 * failures follow the job's Reschedule policy.
 */
export const retryOf = (snapshot: Snapshot, attempts: readonly Execution[]): Retry => {
  const last = attempts.at(-1)
  if (!last) return { kind: 'now' }
  const { job, nowNs } = snapshot
  const never = (why: string): Retry => ({ kind: 'never', cause: causeOf(last), why })
  if (job.Delivery === 'AtMostOnce' && attempts.some(mayHaveStarted))
    return never('it may have started, and the job must not start more than once')
  const policy = rescheduleOf(job)
  const until = policy.Deadline > 0 ? job.VersionTime + BigInt(policy.Deadline) * secondNs : undefined
  const isTooLate = (at: bigint): boolean => until !== undefined && at > until
  const now: Retry = { kind: 'now', ...(until !== undefined && { until }) }
  const failures = failedInARow(job, attempts).length
  const triedOut = (): Retry =>
    never(`tried ${failures} of ${policy.Attempts} times${classText(attempts.findLast(isFailure) ?? last)}`)
  if (!isFailure(last)) {
    // One that left its node may have failed when its successor was there already.
    if (failures >= policy.Attempts) return triedOut()
    return isTooLate(nowNs) ? never('past the deadline for new attempts') : now
  }
  if (last.FailureClass !== '' && !policy.Classes.includes(last.FailureClass))
    return never(`a failure of class ${last.FailureClass} is not tried again`)
  if (job.Delivery === 'AtMostOnce') return never('the job must not start more than once')
  if (failures >= policy.Attempts) return triedOut()
  const at = last.ModifyTime + backoffNs(policy, failures, jitterOf(last.ID))
  if (isTooLate(at > nowNs ? at : nowNs)) return never('past the deadline for new attempts')
  return at <= nowNs ? now : { kind: 'later', at }
}

/** Looks at the job again when the next attempt is due, or when it is too late for that. */
export const checkRetry = (plan: Plan, retry: Retry): void => {
  if (retry.kind === 'later') checkBy(plan, retry.at)
  if (retry.kind === 'now' && retry.until !== undefined) checkBy(plan, retry.until + 1n)
}

/** For people, after what failed. */
export const classText = ({ FailureClass }: Execution): string => (FailureClass ? ` (${FailureClass})` : '')

/** Ended by what counts as an attempt; a loss and a declined bid do not. */
export const isFailure = ({ ComputeState, FailureClass }: Execution): boolean =>
  ComputeState.StateType === 'Failed' && FailureClass !== 'lost'

/** Of a job that is to run for ever, only those since it last ran well; by our clock, a node's may be wrong. */
export const failedInARow = (job: Job, attempts: readonly Execution[]): Execution[] => {
  const ranWell = (e: Execution): boolean => e.StartTime > 0n && e.ModifyTime - e.CreateTime >= steadyNs
  const first = isLongRunning(job.Type) ? Math.max(0, attempts.findLastIndex(ranWell)) : 0
  return attempts.slice(first).filter(isFailure)
}

const causeOf = ({ ComputeState: { StateType, Message }, DesiredState }: Execution): string => {
  if (StateType === 'Failed' || StateType === 'AskForBidRejected') return Message || 'execution failed'
  return (StateType === 'Cancelled' && DesiredState.Message) || 'execution failed'
}

/**
 * That the start of one that was lost or stopped was not reported does not mean that it did not start: the report may be what was
 * lost, also by a node that crashed and knew only then that it was to stop (I4).
 */
const mayHaveStarted = ({ StartTime, FailureClass, ComputeState }: Execution): boolean =>
  StartTime > 0n || FailureClass === 'lost' || ComputeState.StateType === 'Cancelled'

/** From `Delay` seconds on, doubled or not, at most `MaxDelay`, between half and all of it. */
const backoffNs = (
  { Delay, MaxDelay, Backoff }: Required<ReschedulePolicy>,
  failures: number,
  jitter: number,
): bigint => {
  const times = Backoff === 'constant' ? 1 : 2 ** (failures - 1)
  const fullMs = Math.min(MaxDelay, Delay * times) * 1000
  return BigInt(Math.round(fullMs * (0.5 + jitter / 2))) * 1_000_000n
}

/** The same for the same execution, so that looking twice gives the same time. 0…1. */
const jitterOf = (executionId: string): number => Number.parseInt(executionId.slice(2, 10), 16) / 0xffffffff
