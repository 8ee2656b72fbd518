import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Router } from './server/router.ts'

/** The bus as the broker's own process uses it: the same router, no socket. */
export class LocalBus implements Bus {
  readonly #router: Router
  readonly #clock: Clock
  readonly #random: Random
  readonly #subscriptions = new Set<Subscription>()

  constructor(router: Router, clock: Clock, random: Random) {
    this.#router = router
    this.#clock = clock
    this.#random = random
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    this.#router.route({ subject, reply, headerBytes: 0, payload: Buffer.from(payload) })
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const inbox = `_INBOX.${this.#random.uuid()}`
      const end = (): void => {
        timer.stop()
        answer.stop()
      }
      const timer = this.#clock.after(timeoutMs, () => {
        end()
        reject(new Fault('Timeout', `no answer on ${subject} within ${timeoutMs} ms`, { isRetryable: true }))
      })
      const answer = this.subscribe(inbox, (message) => {
        end()
        resolve(message.payload)
      })
      const count = this.#router.route({ subject, reply: inbox, headerBytes: 0, payload: Buffer.from(payload) })
      if (count > 0) return
      end()
      reject(new Fault('ServiceUnavailable', `nobody listens on ${subject}`, { isRetryable: true }))
    })
  }

  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription {
    const listener = {
      pattern: subject,
      queue: undefined,
      deliver: ({
        subject: to,
        reply,
        headerBytes,
        payload,
      }: {
        subject: string
        reply: string | undefined
        headerBytes: number
        payload: Buffer
      }) =>
        queueMicrotask(() =>
          handler({ subject: to, payload: payload.subarray(headerBytes), ...(reply ? { reply } : {}) }),
        ),
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
