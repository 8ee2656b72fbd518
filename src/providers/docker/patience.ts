import type { Clock } from '#lib/clock.ts'
import { dockerStatusOf } from './engine-answer.ts'

const patienceMs = 600_000
const firstPauseMs = 200
const longestPauseMs = 1_000

/**
 * Asks an engine that may be away until it answers, for up to ten minutes; `onAway` is called each time that it does not. Throws
 * what it last failed with, and at once what the engine says about the question itself.
 */
export async function patiently<Answer>(
  ask: () => Promise<Answer>,
  clock: Clock,
  signal: AbortSignal,
  onAway: () => void = () => {},
): Promise<Answer> {
  for (let awayMs = 0, pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const status = dockerStatusOf(error) ?? 503
      if (status < 500 || awayMs >= patienceMs) throw error
    }
    onAway()
    await clock.sleep(pauseMs, signal)
    awayMs += pauseMs
  }
}
