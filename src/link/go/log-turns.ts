import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { Clock } from '#lib/clock.ts'
import { selectedOutput } from '../selected-output.ts'
import type { GoLogStreams } from './log-streams.ts'

/** So long a reader keeps the node while others wait for it, from the first output on. */
const turnMs = 5_000
/** The same for one that gets nothing: longer than the 10 s in which a node notices that the turn before it is over. */
const silentTurnMs = 20_000

type Turn = { end: AbortController; isLong: boolean }

/**
 * The output of one Go node, which sends one stream at a time and takes no other request of the kind meanwhile: readers
 * take turns, and go on where they were. One of 1.4 takes no request of any kind, so whoever has one ends the turn.
 */
export class LogTurns {
  readonly #streams: GoLogStreams
  readonly #clock: Clock
  readonly #subject: string
  readonly #waiting: ((turn: Turn) => void)[] = []
  #turn: Turn | undefined
  #requests = 0

  constructor(streams: GoLogStreams, clock: Clock, subject: string) {
    this.#streams = streams
    this.#clock = clock
    this.#subject = subject
  }

  async withoutStreams<Result>(request: () => Promise<Result>): Promise<Result> {
    this.#requests += 1
    this.#turn?.end.abort()
    try {
      return await request()
    } finally {
      this.#requests -= 1
      this.#letIn()
    }
  }

  /** `who` names in the node's words the execution whose output is wanted. */
  read(who: Readonly<Record<string, string>>, query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    return selectedOutput(this.#readAll(who, query, signal), query)
  }

  async *#readAll(
    who: Readonly<Record<string, string>>,
    { isTail, isFollowing }: LogQuery,
    signal: AbortSignal,
  ): AsyncGenerator<LogChunk, void> {
    const seen = isTail ? await this.#printedSoFar(who, signal) : { 1: 0, 2: 0 }
    if (isTail) yield* [placeOf(1, seen[1]), placeOf(2, seen[2])]
    const body = bodyOf(who, isFollowing)
    for (;;) {
      const turn = await this.#take(signal)
      if (!turn) return
      const { end } = turn
      let timer = this.#clock.after(silentTurnMs, () => this.#becomesLong(turn))
      let isSilent = true
      const passed = { 1: 0, 2: 0 }
      try {
        const either = AbortSignal.any([signal, end.signal])
        for await (const { stream, bytes } of this.#streams.read(this.#subject, body, either)) {
          if (isSilent) {
            isSilent = false
            timer.stop()
            timer = this.#clock.after(turnMs, () => this.#becomesLong(turn))
          }
          const known = Math.min(bytes.length, Math.max(0, seen[stream] - passed[stream]))
          passed[stream] += bytes.length
          if (known === bytes.length) continue
          seen[stream] = passed[stream]
          yield { stream, bytes: bytes.subarray(known), end: passed[stream] }
        }
      } finally {
        timer.stop()
        this.#over()
      }
      if (signal.aborted || !end.signal.aborted) return
    }
  }

  /**
   * Bytes of each stream. A node can be asked for what comes from now on, but then what it prints between two turns would be
   * missing, so its output is counted first, and then read as a whole.
   */
  async #printedSoFar(who: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Record<LogStream, number>> {
    for (;;) {
      const printed = { 1: 0, 2: 0 }
      const turn = await this.#take(signal)
      if (!turn) return printed
      const either = AbortSignal.any([signal, turn.end.signal])
      try {
        for await (const { stream, bytes } of this.#streams.read(this.#subject, bodyOf(who, false), either))
          printed[stream] += bytes.length
      } finally {
        this.#over()
      }
      if (signal.aborted || !turn.end.signal.aborted) return printed
    }
  }

  #over(): void {
    this.#turn = undefined
    this.#letIn()
  }

  /** Undefined when the reader does not wait any more. */
  async #take(signal: AbortSignal): Promise<Turn | undefined> {
    if (!this.#turn && this.#requests === 0) return (this.#turn = newTurn())
    if (this.#turn?.isLong) this.#turn.end.abort()
    const mine = Promise.withResolvers<Turn | undefined>()
    const leave = (): void => {
      const at = this.#waiting.indexOf(mine.resolve)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      mine.resolve(undefined)
    }
    this.#waiting.push(mine.resolve)
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    return mine.promise.finally(() => signal.removeEventListener('abort', leave))
  }

  #becomesLong(turn: Turn): void {
    turn.isLong = true
    if (this.#waiting.length > 0) turn.end.abort()
  }

  #letIn(): void {
    if (this.#turn || this.#requests > 0) return
    const next = this.#waiting.shift()
    if (next) next((this.#turn = newTurn()))
  }
}

const bodyOf = (who: Readonly<Record<string, string>>, Follow: boolean): string =>
  JSON.stringify({ ...who, Tail: false, Follow })

/** Says where a stream is, without anything of it. */
const placeOf = (stream: LogStream, end: number): LogChunk => ({ stream, bytes: new Uint8Array(), end })

const newTurn = (): Turn => ({ end: new AbortController(), isLong: false })
