import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { maxPayloadBytes, requireFits } from './payload-limit.ts'
import type { RoutedMessage, Router } from './server/router.ts'

/** The bus as the broker's own process uses it: the same router, no socket. */
export class LocalBus implements Bus {
  readonly #router: Router
  readonly #clock: Clock
  readonly #subscriptions = new Set<Subscription>()
  /** Where answers to this bus go, which nobody can guess, and who waits for one, by the last token of its subject. */
  readonly #inbox: string
  readonly #asked = new Map<string, (answer: Uint8Array | Fault) => void>()
  #lastAsked = 0

  readonly maxPayloadBytes = maxPayloadBytes

  constructor(router: Router, clock: Clock, random: Random) {
    this.#router = router
    this.#clock = clock
    this.#inbox = `_INBOX.${random.uuid()}.`
    this.subscribe(`${this.#inbox}*`, ({ subject, payload }) =>
      this.#asked.get(subject.slice(this.#inbox.length))?.(payload),
    )
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    requireFits(subject, payload, this.maxPayloadBytes)
    this.#router.routeOrTell({ subject, reply, headerBytes: 0, payload: bufferOf(payload) })
  }

  async send(subject: string, payload: Uint8Array): Promise<void> {
    const count = this.#router.route({ subject, reply: undefined, headerBytes: 0, payload: bufferOf(payload) })
    if (count === 0) throw nobodyListens(subject)
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    requireFits(subject, payload, this.maxPayloadBytes)
    const id = String(++this.#lastAsked)
    const answer = this.#answer(id, subject, timeoutMs)
    const message = { subject, reply: this.#inbox + id, headerBytes: 0, payload: bufferOf(payload) }
    if (this.#router.route(message) === 0) this.#asked.get(id)?.(nobodyListens(subject))
    return answer
  }

  /** What is asked is not kept until then: of thousands of requests that is much. */
  #answer(id: string, subject: string, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () =>
        end(new Fault('Timeout', `no answer on ${subject} within ${timeoutMs} ms`, { isRetryable: true })),
      )
      const end = (answer: Uint8Array | Fault): void => {
        timer.stop()
        this.#asked.delete(id)
        if (answer instanceof Fault) reject(answer)
        else resolve(answer)
      }
      this.#asked.set(id, end)
    })
  }

  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription {
    const listener = {
      pattern: subject,
      queue: undefined,
      deliver: (message: RoutedMessage) => queueMicrotask(() => handler(busMessage(message))),
    }
    this.#router.add(listener)
    const subscription = {
      stop: () => {
        this.#router.remove(listener)
        this.#subscriptions.delete(subscription)
      },
    }
    this.#subscriptions.add(subscription)
    return subscription
  }

  onConnection(handler: (isConnected: boolean) => void): Subscription {
    handler(true)
    return { stop: () => {} }
  }

  async close(): Promise<void> {
    for (const subscription of [...this.#subscriptions]) subscription.stop()
  }
}

const busMessage = ({ subject, reply, headerBytes, payload, sender }: RoutedMessage): BusMessage => ({
  subject,
  payload: headerBytes === 0 ? payload : payload.subarray(headerBytes),
  reply,
  sender,
})

/** The same bytes. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

const nobodyListens = (subject: string): Fault =>
  new Fault('ServiceUnavailable', `nobody listens on ${subject}`, { isRetryable: true })
