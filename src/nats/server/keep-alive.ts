import type { Clock, Timer } from '#lib/clock.ts'

const everyMs = 120_000
const missedLimit = 2
/** Time in which a client that is there answers, when somebody else wants its place. */
const answerLimitMs = 2_000

/** Whether a client is still there: one that says nothing by itself is asked by PING, and answers by PONG. */
export class KeepAlive {
  readonly #clock: Clock
  readonly #ping: () => void
  readonly #onStale: () => void
  readonly #waiting = new Set<(isAlive: boolean) => void>()
  /** How often in a row it was asked, and nothing came from it since. */
  #unanswered = 0
  #isHeard = false
  #timer: Timer | undefined

  constructor(clock: Clock, { ping, onStale }: { ping: () => void; onStale: () => void }) {
    this.#clock = clock
    this.#ping = ping
    this.#onStale = onStale
  }

  start(): void {
    this.#timer = this.#clock.after(everyMs, () => {
      if (this.#isHeard) this.#unanswered = 0
      else if (this.#unanswered === missedLimit) return this.#onStale()
      else {
        this.#unanswered += 1
        this.#ping()
      }
      this.#isHeard = false
      this.start()
    })
  }

  /** Something came from it. */
  heard(): void {
    this.#isHeard = true
  }

  answered(): void {
    this.#tell(true)
  }

  /** Asks at once. Askers of the same moment share the answer. */
  async isAlive(): Promise<boolean> {
    const answer = Promise.withResolvers<boolean>()
    this.#waiting.add(answer.resolve)
    if (this.#waiting.size === 1) this.#ping()
    const limit = this.#clock.after(answerLimitMs, () => answer.resolve(false))
    const isAlive = await answer.promise
    limit.stop()
    this.#waiting.delete(answer.resolve)
    return isAlive
  }

  stop(): void {
    this.#timer?.stop()
    this.#tell(false)
  }

  #tell(isAlive: boolean): void {
    for (const resolve of this.#waiting) resolve(isAlive)
  }
}
