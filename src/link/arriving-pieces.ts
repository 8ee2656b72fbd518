import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'

export type ArrivingParts = {
  bus: Bus
  clock: Clock
  /** The subject they come on. */
  subject: string
  /** Bounds of what is held until it is taken. */
  most: { pieces: number; bytes: number }
  /** So long nothing at all may come. */
  silenceLimitMs: number
  /** Whether a message is no piece: it is dealt with at once, and not held. */
  isSign: (message: BusMessage) => boolean
  /** Who sends, for the fault that says so when it went silent. */
  sender: string
}

type Piece = Pick<BusMessage, 'payload' | 'reply'>

/** What another process sends piece by piece, held in its order until it is taken. */
export class ArrivingPieces {
  readonly #parts: ArrivingParts
  readonly #held: Piece[] = []
  readonly #subscription: Subscription
  #heldBytes = 0
  #heardMs: number
  #watch: Timer
  #isFlooded = false
  #isSilent = false
  #wake: () => void = () => {}

  constructor(parts: ArrivingParts) {
    const { bus, clock, subject, silenceLimitMs } = parts
    this.#parts = parts
    this.#heardMs = clock.monotonicMs()
    this.#subscription = bus.subscribe(subject, (message) => this.#take(message))
    this.#watch = clock.after(silenceLimitMs, () => this.#look())
  }

  /**
   * The next one, once there is one; undefined when the signal is aborted before. Throws a Fault ServiceUnavailable when more came
   * than can be held, or nothing for too long.
   */
  async next(signal: AbortSignal): Promise<Piece | undefined> {
    const onAbort = (): void => this.#wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        if (this.#isFlooded) throw new Fault('ServiceUnavailable', 'the output comes faster than it is asked for')
        const piece = this.#held.shift()
        this.#heldBytes -= piece?.payload.length ?? 0
        if (piece) return piece
        if (this.#isSilent)
          throw new Fault('ServiceUnavailable', `node ${this.#parts.sender} went silent`, { isRetryable: true })
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      return undefined
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  stop(): void {
    this.#watch.stop()
    this.#subscription.stop()
  }

  #take(message: BusMessage): void {
    const { clock, most, isSign } = this.#parts
    this.#heardMs = clock.monotonicMs()
    if (isSign(message)) return
    const { payload, reply } = message
    this.#heldBytes += payload.length
    if (this.#held.length < most.pieces && this.#heldBytes < most.bytes) this.#held.push({ payload, reply })
    else this.#isFlooded = true
    this.#wake()
  }

  #look(): void {
    const { clock, silenceLimitMs } = this.#parts
    const restMs = this.#heardMs + silenceLimitMs - clock.monotonicMs()
    if (restMs > 0) this.#watch = clock.after(restMs, () => this.#look())
    else this.#isSilent = true
    this.#wake()
  }
}
