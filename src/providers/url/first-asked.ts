import type { Clock } from '#lib/clock.ts'
import { orAborted } from '#lib/or-aborted.ts'

/** How long anybody waits for the answer to another before asking for itself. */
const patienceMs = 10_000

/** Questions on their way, by what they ask: who wants the same can wait for that answer instead. */
export class FirstAsked<Answer> {
  readonly #clock: Clock
  /** Undefined = it was broken off. */
  readonly #asked = new Map<string, Promise<Answer | undefined>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isAsked(question: string): boolean {
    return this.#asked.has(question)
  }

  /** Asks in any case; who comes before the answer finds it here. */
  ask(question: string, ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const own = ask()
    if (this.isAsked(question)) return own
    const answer = own.catch((error: unknown) => {
      if (signal.aborted) return undefined
      throw error
    })
    this.#asked.set(question, answer)
    const over = () => this.#forget(question, answer)
    answer.then(over, over)
    return own
  }

  /** What comes for who asked first, or fails; undefined = that was broken off, or takes long: then another is the first. */
  async answer(question: string, signal: AbortSignal): Promise<Answer | undefined> {
    const asked = this.#asked.get(question)
    if (!asked) return undefined
    const late = Promise.withResolvers<undefined>()
    const patience = this.#clock.after(patienceMs, () => {
      this.#forget(question, asked)
      late.resolve(undefined)
    })
    try {
      return await orAborted(Promise.race([asked, late.promise]), signal)
    } finally {
      patience.stop()
    }
  }

  #forget(question: string, answer: Promise<Answer | undefined>): void {
    if (this.#asked.get(question) === answer) this.#asked.delete(question)
  }
}
