import { expect, it } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { retryEach } from './retry-each.ts'

const clock = new StepClock()
type Why = Parameters<ReturnType<typeof retryEach>['refreshRetryTokenForRetry']>[1]

/** The pauses before each further try of one request that fails for ever. */
const pauses = async (why: Why, strategy = retryEach(3, clock)) => {
  const waited: number[] = []
  let token = await strategy.acquireInitialRetryToken('')
  for (;;) {
    const next = await strategy.refreshRetryTokenForRetry(token, why).catch(() => undefined)
    if (!next) return waited
    waited.push(next.getRetryDelay())
    token = next
  }
}
const inMs = (ms: number) => new Date(clock.nowMs() + ms)

it.each<[string, Why, number[]]>([
  ['that broke is tried again, soon and then later', { errorType: 'TRANSIENT' }, [200, 1_000, 5_000]],
  ['of a busy store is tried again so too', { errorType: 'THROTTLING' }, [200, 1_000, 5_000]],
  [
    'is tried again when the store wants it',
    { errorType: 'THROTTLING', retryAfterHint: inMs(1_500) },
    [1_500, 1_500, 5_000],
  ],
  ['is not put off for longer than a minute', { errorType: 'TRANSIENT', retryAfterHint: inMs(1e6) }, [6e4, 6e4, 6e4]],
  ['that is wrong is not tried again', { errorType: 'CLIENT_ERROR' }, []],
])('a request %s', async (_, why, expected) => {
  expect(await pauses(why)).toEqual(expected)
})

it('requests share no budget, however many there are', async () => {
  const strategy = retryEach(3, clock)
  const all = await Promise.all(Array.from({ length: 1_000 }, () => pauses({ errorType: 'TRANSIENT' }, strategy)))
  expect(all.every(({ length }) => length === 3)).toBe(true)
})
