import type { Clock } from '#lib/clock.ts'

const limit = 10_000
/** Longer than anybody waits for an answer. */
const keptMs = 5 * 60_000

/** Nodes of Go send output to one of these, piece after piece, and ask on its heartbeat whether it is still read. */
const streamPrefix = '_SINBOX.'
const heartbeatPrefix = '_HEARTBEAT.'

/**
 * Where a client may answer: the subjects that came to it with a message, each for one answer; streams of output for
 * as long as they are used or asked after.
 */
export class Replies {
  readonly #clock: Clock
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(reply: string): void {
    this.#keep(reply)
    if (reply.startsWith(streamPrefix)) this.#keep(`${heartbeatPrefix}${consumerOf(reply)}`)
  }

  /** Whether an answer may go there; that uses up the subject of a request. */
  take(subject: string): boolean {
    const until = this.#until.get(subject)
    if (until === undefined) return false
    this.#until.delete(subject)
    if (until < this.#clock.monotonicMs()) return false
    if (subject.startsWith(heartbeatPrefix)) this.#keepStreams(subject.slice(heartbeatPrefix.length))
    if (subject.startsWith(streamPrefix) || subject.startsWith(heartbeatPrefix)) this.#keep(subject)
    return true
  }

  #keepStreams(consumer: string): void {
    for (const subject of [...this.#until.keys()]) if (consumerOf(subject) === consumer) this.#keep(subject)
  }

  /** The last to run out stands last. */
  #keep(subject: string): void {
    this.#until.delete(subject)
    this.#until.set(subject, this.#clock.monotonicMs() + keptMs)
    if (this.#until.size > limit) this.#removeOldest()
  }

  #removeOldest(): void {
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      return
    }
  }
}

const consumerOf = (stream: string): string => stream.slice(0, stream.lastIndexOf('.'))
