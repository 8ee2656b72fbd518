import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { TokenIssuer } from './tokens.ts'

/** As long as the addresses that are signed for S3. */
const lifeSeconds = 30 * 60

/**
 * What opens one kept result for a while without a login: Go clients send none when they fetch a result [F4]. The key comes from
 * the one that signs tokens, so that an address outlives a restart.
 */
export class ResultTickets {
  readonly #tokens: TokenIssuer
  readonly #clock: Clock
  #secret: Promise<Buffer> | undefined

  constructor(tokens: TokenIssuer, clock: Clock) {
    this.#tokens = tokens
    this.#clock = clock
  }

  async issue(jobId: string, executionId: string): Promise<string> {
    const expiry = String(this.#nowSeconds() + lifeSeconds)
    return `${expiry}.${(await this.#seal(expiry, jobId, executionId)).toString('base64url')}`
  }

  /** Throws a Fault Forbidden when the ticket is not of this very result, or not any more. */
  async check(ticket: string, jobId: string, executionId: string): Promise<void> {
    const [expiry = '', given = ''] = ticket.split('.')
    const seal = await this.#seal(expiry, jobId, executionId)
    const shown = Buffer.from(given, 'base64url')
    if (shown.length !== seal.length || !timingSafeEqual(shown, seal)) throw refusal('does not open this result')
    if (Number(expiry) <= this.#nowSeconds()) throw refusal('has expired')
  }

  async #seal(...words: string[]): Promise<Buffer> {
    this.#secret ??= this.#derived()
    return createHmac('sha256', await this.#secret)
      .update(JSON.stringify(words))
      .digest()
  }

  /** Not the key of the tokens itself: what is sealed here must mean nothing there. */
  async #derived(): Promise<Buffer> {
    const key = (await this.#tokens.key()).export({ type: 'pkcs8', format: 'pem' })
    return createHmac('sha256', key).update('result tickets').digest()
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1_000)
  }
}

const refusal = (what: string): Fault =>
  new Fault('Forbidden', `the ticket ${what}`, {
    component: 'APIServer',
    hint: 'Ask for the results of the job again: their addresses come with new tickets.',
  })
