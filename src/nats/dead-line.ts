import type { NatsConnection } from '@nats-io/transport-node'
import type { Clock, Timer } from '#lib/clock.ts'

const answerLimitMs = 5_000

/**
 * A connection may lead nowhere, of which TCP tells after a quarter of an hour only. When an answer stays out the broker
 * is asked by PING; if it is silent too, another connection is made.
 */
export class DeadLine {
  readonly #connection: NatsConnection
  readonly #clock: Clock
  #limit: Timer | undefined

  constructor(connection: NatsConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  suspect(): void {
    if (this.#limit) return
    this.#limit = this.#clock.after(answerLimitMs, () => {
      this.#limit = undefined
      // Refused only when it is closed, and then there is none to replace.
      this.#connection.reconnect().catch(() => {})
    })
    // A PING is refused when the connection ends, which is an answer as well.
    this.#connection.flush().then(this.clear, this.clear)
  }

  readonly clear = (): void => {
    this.#limit?.stop()
    this.#limit = undefined
  }
}
