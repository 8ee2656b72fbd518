import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'

/** Failures in a row that an address may have, and how often it gets another try. */
const burst = 10
const refillMs = 6_000

/** Logins of each address, local ones too: who guesses waits. A right one is given back; who shows it again is not asked. */
export class LoginLimit {
  readonly #clock: Clock
  /** When all failures of an address will be forgotten. */
  readonly #until = new LRUCache<string, number>({ max: 10_000 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a try before it is made, so that many at once are counted too. Throws a Fault ResourceExhausted when there were too many. */
  take(address: string): void {
    const now = this.#clock.monotonicMs()
    const until = Math.max(this.#until.get(address) ?? 0, now)
    const waitMs = until - now - (burst - 1) * refillMs
    if (waitMs <= 0) return void this.#until.set(address, until + refillMs)
    const retryAfterSeconds = Math.ceil(waitMs / 1_000)
    throw new Fault('ResourceExhausted', 'too many failed logins', {
      component: 'Authorizer',
      hint: `Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    })
  }

  giveBack(address: string): void {
    this.#until.set(address, (this.#until.get(address) ?? 0) - refillMs)
  }
}
