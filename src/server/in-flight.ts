import type { Clock, Timer } from '#lib/clock.ts'

const sweepMs = 500

/** A request that is being worked on. */
export type Flight = {
  readonly signal: AbortSignal
  /** Nobody waits for the answer any more. */
  callerGone(): void
  end(): void
}

/**
 * Requests in flight: each ends by its deadline, and all are told when the server stops. One timer for all of them, and
 * an abort signal only for those that ask for one, because most are over before either matters.
 */
export class InFlight {
  readonly #clock: Clock
  readonly #flights = new Set<Entry>()
  readonly #stopping = new AbortController()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `onDeadline` is called at most once, and not after `end`. */
  begin(limitMs: number, onDeadline: () => void): Flight {
    const entry: Entry = { deadlineMs: this.#clock.monotonicMs() + limitMs, onDeadline, controller: undefined }
    this.#flights.add(entry)
    this.#timer ??= this.#clock.after(sweepMs, () => this.#sweep())
    const stopping = this.#stopping.signal
    return {
      get signal() {
        entry.controller ??= new AbortController()
        if (stopping.aborted) entry.controller.abort(stopping.reason)
        return entry.controller.signal
      },
      callerGone: () => {
        if (this.#flights.has(entry)) entry.controller?.abort(new Error('the caller has gone'))
      },
      end: () => void this.#flights.delete(entry),
    }
  }

  /** Aborts every signal: waits answer at once, streams end. */
  stop(reason: Error): void {
    this.#stopping.abort(reason)
    for (const { controller } of this.#flights) controller?.abort(reason)
    this.#timer?.stop()
    this.#timer = undefined
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#clock.monotonicMs()
    for (const entry of this.#flights) {
      if (entry.deadlineMs > now) continue
      this.#flights.delete(entry)
      entry.onDeadline()
      entry.controller?.abort(new Error('the request took too long'))
    }
    if (this.#flights.size > 0) this.#timer = this.#clock.after(sweepMs, () => this.#sweep())
  }
}

type Entry = { deadlineMs: number; onDeadline: () => void; controller: AbortController | undefined }
