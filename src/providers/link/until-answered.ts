import type { Subscription } from '#contracts/bus.ts'
import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'

const firstPauseMs = 50
const longestPauseMs = 30_000
/** So that at most a third is added to the time that nothing came. */
const growth = 1.3
/** A question that breaks later than this was being answered. */
const workedMs = 300

export type Line = {
  clock: Clock
  /** Told when the other side can be reached again; absent = it always can. */
  onReachable?: (handler: () => void) => Subscription
}

/**
 * Asks until there is an answer other than undefined, whatever becomes of the line meanwhile; pauses grow while nothing comes, and
 * end when it is there again. Throws a Fault that is not retryable, and the signal's reason.
 */
export async function untilAnswered<Answer>(
  ask: () => Promise<Answer | undefined>,
  line: Line,
  signal: AbortSignal,
): Promise<Answer> {
  const { clock } = line
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
      const isReached = await pause(Math.min(longestPauseMs, firstPauseMs * growth ** failures++), line, signal)
      if (isReached) failures = 0
    }
  }
}

/** Whether it ended early because the other side can be reached again. */
async function pause(ms: number, { clock, onReachable }: Line, signal: AbortSignal): Promise<boolean> {
  const reached = new AbortController()
  const watch = onReachable?.(() => reached.abort())
  try {
    await clock.sleep(ms, AbortSignal.any([signal, reached.signal]))
    return false
  } catch {
    signal.throwIfAborted()
    return true
  } finally {
    watch?.stop()
  }
}
