import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { Clock } from '#lib/clock.ts'
import { retryPauseMs } from '#lib/retry-pause.ts'

type RetryStrategy = Extract<S3ClientConfig['retryStrategy'], { acquireInitialRetryToken: unknown }>
type Token = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>

/** However much later a store wants to be asked again. */
const longestAskedMs = 60_000

/**
 * Tries each request again by itself, in growing pauses. The client's own way has one budget for all requests, which those for many
 * objects use up as soon as a store is busy: then none is tried again.
 */
export function retryEach(retries: number, clock: Clock): RetryStrategy {
  return {
    acquireInitialRetryToken: async () => token(0, 0),
    refreshRetryTokenForRetry: async (used, { errorType, retryAfterHint }) => {
      const count = used.getRetryCount()
      if (count >= retries || !['THROTTLING', 'TRANSIENT'].includes(errorType)) throw new Error('it is not tried again')
      const askedMs = retryAfterHint ? Math.min(longestAskedMs, retryAfterHint.getTime() - clock.nowMs()) : 0
      return token(count + 1, Math.max(askedMs, retryPauseMs(count + 1)))
    },
    recordSuccess: () => {},
  }
}

const token = (count: number, delayMs: number): Token => ({ getRetryCount: () => count, getRetryDelay: () => delayMs })
