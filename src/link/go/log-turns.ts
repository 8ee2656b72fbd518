import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
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

  /** `body` asks in the node's words for the whole output or, where the query says so, for what comes from then on. */
  read(body: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    return selectedOutput(this.#readAll(body, query.isTail, signal), query)
  }

  async *#readAll(body: string, isTail: boolean, signal: AbortSignal): AsyncGenerator<LogChunk, void> {
    const seen = { 1: 0, 2: 0 }
    for (;;) {
      const turn = await this.#take(signal)
      if (!turn) return
      const { end } = turn
      let timer = this.#clock.after(silentTurnMs, () => this.#becomesLong(turn))
      let isSilent = true
      const passed = isTail ? { ...seen } : { 1: 0, 2: 0 }
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
          yield { stream, bytes: bytes.subarray(known), ...(isTail ? {} : { end: passed[stream] }) }
        }
      } finally {
        timer.stop()
        this.#turn = undefined
        this.#letIn()
      }
      if (signal.aborted || !end.signal.aborted) return
    }
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

const newTurn = (): Turn => ({ end: new AbortController(), isLong: false })
