import type { Listener, RoutedMessage, Router } from './router.ts'

export type Subscription = { subject: string; queue: string | undefined; sid: string }

type Subscribed = Listener & { left: number | undefined }

/** What one client listens to, by the numbers it has given. */
export class Subscriptions {
  readonly #router: Router
  readonly #deliver: (sid: string, message: RoutedMessage) => void
  readonly #subscribed = new Map<string, Subscribed>()

  constructor(router: Router, deliver: (sid: string, message: RoutedMessage) => void) {
    this.#router = router
    this.#deliver = deliver
  }

  get size(): number {
    return this.#subscribed.size
  }

  add({ subject, queue, sid }: Subscription): void {
    this.remove(sid)
    const listener: Subscribed = {
      pattern: subject,
      queue,
      left: undefined,
      deliver: (message) => {
        this.#deliver(sid, message)
        if (listener.left !== undefined && --listener.left <= 0) this.remove(sid)
      },
    }
    this.#subscribed.set(sid, listener)
    this.#router.add(listener)
  }

  /** At once, or after `max` more messages. */
  remove(sid: string, max = 0): void {
    const listener = this.#subscribed.get(sid)
    if (!listener) return
    if (max > 0) {
      listener.left = max
      return
    }
    this.#subscribed.delete(sid)
    this.#router.remove(listener)
  }

  clear(): void {
    for (const listener of this.#subscribed.values()) this.#router.remove(listener)
    this.#subscribed.clear()
  }
}
