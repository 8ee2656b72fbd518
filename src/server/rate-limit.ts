import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { isLoopback } from '#lib/loopback.ts'

/** A bucket per address that fills at a rate and holds one second's worth. */
export class RateLimit {
  readonly #perSecond: number
  readonly #clock: Clock
  readonly #buckets = new LRUCache<string, { tokens: number; atMs: number }>({ max: 10_000 })

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
  }

  /** Throws a Fault ResourceExhausted when the address has used up its share. Local addresses are never limited. */
  check(address: string): void {
    if (isLoopback(address)) return
    const now = this.#clock.monotonicMs()
    const bucket = this.#buckets.get(address) ?? { tokens: this.#perSecond, atMs: now }
    const refilled = Math.min(this.#perSecond, bucket.tokens + ((now - bucket.atMs) * this.#perSecond) / 1_000)
    this.#buckets.set(address, { tokens: refilled >= 1 ? refilled - 1 : refilled, atMs: now })
    if (refilled < 1)
      throw new Fault('ResourceExhausted', 'rate limit exceeded', {
        component: 'APIServer',
        isRetryable: true,
        retryAfterSeconds: 1,
      })
  }
}
