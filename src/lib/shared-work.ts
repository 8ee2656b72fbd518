import { orAborted } from './or-aborted.ts'

export type Tell = (text: string) => void
type UnderWay<Answer> = { answer: Promise<Answer>; stop: AbortController; tells: Set<Tell>; lastTold?: string }

/**
 * Work that many ask for at the same time, by what it is for: it is done once, as long as any of them waits for it. A registry
 * that counts who asks it is asked once for a hundred jobs.
 */
export class SharedWork<Answer> {
  readonly #underWay = new Map<string, UnderWay<Answer>>()

  /** `tell` hears of the progress, also when the work was begun for another. */
  async get(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal, tell: Tell) => Promise<Answer>,
    tell: Tell = () => {},
  ): Promise<Answer> {
    signal.throwIfAborted()
    const shared = this.#underWay.get(key) ?? this.#begin(key, work)
    // A teller of its own, for two may be the same.
    const own: Tell = (text) => tell(text)
    shared.tells.add(own)
    if (shared.lastTold) own(shared.lastTold)
    try {
      return await orAborted(shared.answer, signal)
    } finally {
      shared.tells.delete(own)
      if (shared.tells.size === 0) this.#end(key, shared)
    }
  }

  #begin(key: string, work: (signal: AbortSignal, tell: Tell) => Promise<Answer>): UnderWay<Answer> {
    const stop = new AbortController()
    const tells = new Set<Tell>()
    const tellAll = (text: string) => {
      shared.lastTold = text
      for (const tell of tells) tell(text)
    }
    // Begun a moment later, when who asks first listens already.
    const answer = Promise.resolve().then(() => work(stop.signal, tellAll))
    const shared: UnderWay<Answer> = { answer, stop, tells }
    this.#underWay.set(key, shared)
    const over = () => this.#end(key, shared)
    answer.then(over, over)
    return shared
  }

  /** It is over, or nobody waits for it any more. */
  #end(key: string, shared: UnderWay<Answer>): void {
    if (this.#underWay.get(key) === shared) this.#underWay.delete(key)
    shared.stop.abort()
  }
}
