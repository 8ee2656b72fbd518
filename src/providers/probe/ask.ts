import type { Verdict } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'

/** Puts the question, a JSON text, to an operator's judge. Rejects only when the signal is aborted. */
export type Ask = (question: string, signal: AbortSignal) => Promise<Verdict>

/** What is still not answered then is a no (X19). */
export const answerLimitMs = 30_000

/** Aborts what `work` does when it takes longer than that, with a reason for people. */
export async function inTime<Result>(
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const tooLate = new AbortController()
  const timer = clock.after(answerLimitMs, () =>
    tooLate.abort(new Error(`gives no answer within ${answerLimitMs / 1000}s`)),
  )
  try {
    return await work(AbortSignal.any([signal, tooLate.signal]))
  } finally {
    timer.stop()
  }
}
