import { SubjectTree } from './subject-tree.ts'

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

/** Who gets what: all that listen, and of a queue group one member each time. */
export class Router {
  readonly #listeners = new SubjectTree<Listener>()
  #turn = 0

  add(listener: Listener): void {
    this.#listeners.add(listener.pattern, listener)
  }

  remove(listener: Listener): void {
    this.#listeners.remove(listener.pattern, listener)
  }

  /** As `route`; when nobody got it, whoever waits for an answer gets an empty one at once. */
  routeOrTell(message: RoutedMessage): void {
    if (this.route(message) > 0 || message.reply === undefined) return
    this.route({ subject: message.reply, reply: undefined, headerBytes: noResponders.length, payload: noResponders })
  }

  /** How many got it. */
  route(message: RoutedMessage): number {
    const grouped: Listener[] = []
    let delivered = 0
    for (const listener of this.#listeners.find(message.subject)) {
      if (listener.queue === undefined) {
        listener.deliver(message)
        delivered += 1
      } else grouped.push(listener)
    }
    return grouped.length === 0 ? delivered : delivered + this.#routeToGroups(message, grouped)
  }

  #routeToGroups(message: RoutedMessage, listeners: readonly Listener[]): number {
    const groups = Map.groupBy(listeners, ({ queue }) => queue)
    for (const members of groups.values()) members[this.#turn++ % members.length]?.deliver(message)
    return groups.size
  }
}
