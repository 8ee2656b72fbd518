import { isWild, matches } from './subjects.ts'

/** Somebody who listens: a connection or a part of this process. */
export type Listener = {
  readonly pattern: string
  readonly queue: string | undefined
  deliver(message: RoutedMessage): void
}

export type RoutedMessage = {
  subject: string
  reply: string | undefined
  headerBytes: number
  payload: Buffer
  /** The node whose connection it came by; undefined = it is of this process. */
  sender?: string | undefined
}

const noResponders = Buffer.from('NATS/1.0 503\r\n\r\n')

/** Who gets what: exact subjects by name, patterns one by one; of a queue group one member each time. */
export class Router {
  readonly #exact = new Map<string, Set<Listener>>()
  readonly #wild = new Set<Listener>()
  #turn = 0

  add(listener: Listener): void {
    if (isWild(listener.pattern)) this.#wild.add(listener)
    else {
      const listeners = this.#exact.get(listener.pattern) ?? new Set()
      listeners.add(listener)
      this.#exact.set(listener.pattern, listeners)
    }
  }

  remove(listener: Listener): void {
    this.#wild.delete(listener)
    const listeners = this.#exact.get(listener.pattern)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#exact.delete(listener.pattern)
  }

  /** As `route`; when nobody got it, whoever waits for an answer gets an empty one at once. */
  routeOrTell(message: RoutedMessage): void {
    if (this.route(message) > 0 || message.reply === undefined) return
    this.route({ subject: message.reply, reply: undefined, headerBytes: noResponders.length, payload: noResponders })
  }

  /** How many got it. */
  route(message: RoutedMessage): number {
    const found = [...(this.#exact.get(message.subject) ?? [])]
    for (const listener of this.#wild) if (matches(listener.pattern, message.subject)) found.push(listener)
    const groups = new Map<string, Listener[]>()
    let delivered = 0
    for (const listener of found) {
      if (listener.queue === undefined) {
        listener.deliver(message)
        delivered += 1
      } else groups.set(listener.queue, [...(groups.get(listener.queue) ?? []), listener])
    }
    for (const members of groups.values()) {
      members[this.#turn++ % members.length]?.deliver(message)
      delivered += 1
    }
    return delivered
  }
}
