import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'

const firstPauseMs = 50
const longestPauseMs = 30_000
/** A question that breaks later than this was being answered. */
const workedMs = 300

/**
 * Asks until there is an answer other than undefined, whatever becomes of the line meanwhile; pauses grow while nothing comes.
 * Throws a Fault that is not retryable, and the signal's reason.
 */
export async function untilAnswered<Answer>(
  ask: () => Promise<Answer | undefined>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted()
    const beganMs = clock.monotonicMs()
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      failures = 0
    } catch (error) {
      if (!faultOf(error).isRetryable) throw error
      // Over a line that breaks again and again a part comes each time.
      if (clock.monotonicMs() - beganMs > workedMs) failures = 0
      await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** failures++), signal)
    }
  }
}
