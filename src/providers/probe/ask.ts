import type { Verdict } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'

/** Puts the question, a JSON text, to an operator's judge. Throws what `unanswered` makes when there is no answer, and why the signal was aborted. */
export type Ask = (question: string, signal: AbortSignal) => Promise<Verdict>

/** What is still not answered then has no answer (X19). */
export const answerLimitMs = 30_000

/** A judge that is away has not refused: the attempt fails, and the next one asks again. */
export const unanswered = (judge: string, why: string): Fault =>
  new Fault('ServiceUnavailable', `this node cannot tell whether it accepts the job: ${judge} ${why}`, {
    details: { FailureClass: 'transient' },
    hint: 'The judge of its jobs (JobAdmissionControl) must be there.',
  })

/** It took longer than that. */
export class TooLate extends Error {}

/** Aborts what `work` does when it takes longer than that, with a reason for people. */
export async function inTime<Result>(
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const tooLate = new AbortController()
  const timer = clock.after(answerLimitMs, () =>
    tooLate.abort(new TooLate(`gives no answer within ${answerLimitMs / 1000}s`)),
  )
  try {
    return await work(AbortSignal.any([signal, tooLate.signal]))
  } finally {
    timer.stop()
  }
}
