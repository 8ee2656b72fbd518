import type { Execution } from '#models/execution.ts'
import { rescheduleOf } from '#models/job.ts'
import { execRetry, unexpectedEnd } from '../events.ts'
import type { Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'
import { raisedMemory } from './more-memory.ts'
import { classText, failedInARow, isFailure, type Retry } from './retry.ts'

/**
 * Says once in the history, below why an attempt failed, which one it was and what happens next and when. Its FollowupEvalID
 * marks that it was said.
 */
export const announceRetry = (snapshot: Snapshot, plan: Plan, attempts: readonly Execution[], retry: Retry): void => {
  const before = attempts.at(-1)
  if (!before || !isFailure(before) || before.FollowupEvalID !== '') return
  const { job, nowNs, evaluationId } = snapshot
  const failures = failedInARow(job, attempts).length
  const most = rescheduleOf(job).Attempts
  const count = Number.isFinite(most) ? `${failures} of ${most}` : `${failures}`
  const event = execRetry(nowNs, {
    what: `Attempt ${count} failed${classText(before)}${unsaidCause(before)}`,
    retry:
      retry.kind === 'never'
        ? { why: retry.why }
        : { inNs: retry.kind === 'later' ? retry.at - nowNs : 0n, memoryBytes: raisedMemory(snapshot, attempts) },
  })
  plan.changes.push({ before, after: { ...before, FollowupEvalID: evaluationId }, event, isCancelSent: false })
}

const unsaidCause = ({ ComputeState: { Message } }: Execution): string =>
  Message === unexpectedEnd ? `: ${unexpectedEnd}` : ''
