import type { Socket } from 'node:net'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { messageOf } from '#lib/fault.ts'
import { ProtocolError } from './control-line.ts'
import type { Door, Rights, Visitor } from './door.ts'
import { Incoming } from './incoming.ts'
import { KeepAlive } from './keep-alive.ts'
import { Outgoing } from './outgoing.ts'
import type { Operation } from './parser.ts'
import type { RoutedMessage, Router } from './router.ts'
import { isPattern, isSubject } from './subjects.ts'
import { type Subscription, Subscriptions } from './subscriptions.ts'

export type ConnectionParts = {
  /** Greeted by INFO with the nonce already. */
  socket: Socket
  nonce: string
  router: Router
  clock: Clock
  door: Door
  log: EventLog
}

const subscriptionLimit = 10_000
const authLimitMs = 5_000
/** Time to read why it is cut off. */
const farewellMs = 5_000
/** Who tries so often what it may not has been told enough. */
const refusalLimit = 1_000

/** One client of the broker. A client that breaks the protocol, or does not read, is told why and cut off. */
export class ClientConnection implements Visitor {
  readonly address: string
  readonly nonce: string
  options: Readonly<Record<string, unknown>> = {}
  readonly #parts: ConnectionParts
  readonly #in: Incoming
  readonly #out: Outgoing
  readonly #keepAlive: KeepAlive
  readonly #subscriptions: Subscriptions
  #limit: Timer
  #rights: Rights | undefined
  #hasNoResponders = false
  #refusals = 0

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const { socket, clock, router } = parts
    this.address = socket.remoteAddress ?? ''
    this.nonce = parts.nonce
    this.#out = new Outgoing(socket, (backlogBytes) => this.#giveUp(backlogBytes))
    const onError = (error: unknown): void => this.#break(error)
    this.#in = new Incoming({ socket, out: this.#out, act: (operation) => this.#do(operation), onError })
    this.#keepAlive = new KeepAlive(clock, {
      ping: () => this.#out.line('PING'),
      onStale: () => this.fail('Stale Connection'),
    })
    this.#subscriptions = new Subscriptions(router, (sid, message) => this.#deliver(sid, message))
    this.#limit = clock.after(authLimitMs, () => this.fail('Authentication Timeout'))
  }

  /** Reads what comes, until the socket ends. */
  open(): void {
    const { socket } = this.#parts
    socket.on('data', (piece) => this.#read(piece as Buffer))
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  fail(reason: string): void {
    const { socket, clock } = this.#parts
    if (this.#out.isOver) return
    this.#out.end(`-ERR '${reason}'`)
    this.#subscriptions.clear()
    this.#limit.stop()
    this.#limit = clock.after(farewellMs, () => socket.destroy())
  }

  /** Who waits for what others answer has just spoken, and its own answer would not be read. */
  async isAlive(): Promise<boolean> {
    return (this.#in.isHeld && !this.#out.isUnread) || this.#keepAlive.isAlive()
  }

  #read(piece: Buffer): void {
    if (this.#out.isOver) return
    this.#keepAlive.heard()
    this.#in.read(piece)
  }

  /** What is of our own making the client learns no more of than that. */
  #break(error: unknown): void {
    if (error instanceof ProtocolError) return this.fail(messageOf(error))
    this.#parts.log('connection_broken', { nodeId: this.#rights?.sender, address: this.address, error })
    this.fail('Internal Error')
  }

  #do(operation: Operation): void {
    if (operation.kind === 'connect') return this.#connect(operation.options)
    const rights = this.#rights
    if (!rights) return this.fail('Authorization Violation')
    switch (operation.kind) {
      case 'ping':
        return this.#out.line('PONG')
      case 'pong':
        return this.#keepAlive.answered()
      case 'subscribe':
        return this.#subscribe(rights, operation)
      case 'unsubscribe':
        return this.#subscriptions.remove(operation.sid, operation.max)
      case 'publish':
        return this.#publish(rights, operation)
    }
  }

  #connect(options: Record<string, unknown>): void {
    if (this.#rights) return this.fail('Unknown Protocol Operation')
    this.options = options
    this.#in.hold(this.#parts.door.admit(this), (verdict) => {
      if (typeof verdict === 'string') return this.fail(verdict)
      this.#rights = verdict
      if (this.#out.isOver) return verdict.left()
      this.#in.trust()
      this.#hasNoResponders = options['no_responders'] === true && options['headers'] === true
      if (options['verbose'] === true) this.#out.line('+OK')
      this.#limit.stop()
      this.#keepAlive.start()
    })
  }

  #subscribe(rights: Rights, subscription: Subscription): void {
    const { subject, queue } = subscription
    if (!isPattern(subject)) return this.#out.line(`-ERR 'Invalid Subject'`)
    if (this.#subscriptions.size >= subscriptionLimit) return this.fail('Maximum Subscriptions Exceeded')
    const answer = (isAllowed: boolean): void => {
      const group = queue === undefined ? '' : ` using queue "${queue}"`
      if (this.#out.isOver) return
      if (isAllowed) this.#subscriptions.add(subscription)
      else this.#refuse(rights, `Subscription to "${subject}"${group}`)
    }
    const isAllowed = rights.maySubscribe(subject)
    if (typeof isAllowed === 'boolean') answer(isAllowed)
    else this.#in.hold(isAllowed, answer)
  }

  #publish(rights: Rights, { subject, reply, headerBytes, payload }: RoutedMessage): void {
    if (!isSubject(subject)) return this.#out.line(`-ERR 'Invalid Publish Subject'`)
    if (!rights.mayPublish(subject)) return this.#refuse(rights, `Publish to "${subject}"`)
    if (reply !== undefined && !rights.mayAskFor(reply)) return this.#refuse(rights, `Publish with Reply of "${reply}"`)
    const { router } = this.#parts
    const message = { subject, reply, headerBytes, payload: Buffer.from(payload), sender: rights.sender }
    if (this.#hasNoResponders) router.routeOrTell(message)
    else router.route(message)
  }

  #refuse(rights: Rights, what: string): void {
    rights.refused(what)
    this.#refusals += 1
    if (this.#refusals <= refusalLimit) this.#out.line(`-ERR 'Permissions Violation for ${what}'`)
  }

  #deliver(sid: string, message: RoutedMessage): void {
    if (this.#out.isOver) return
    if (message.reply !== undefined) this.#rights?.asked(message.reply)
    this.#out.message(sid, message)
  }

  /** It does not read, so it is not told either. */
  #giveUp(backlogBytes: number): void {
    this.#parts.log('slow_consumer', { nodeId: this.#rights?.sender, address: this.address, backlogBytes })
    this.#subscriptions.clear()
    this.#parts.socket.destroy()
  }

  #closed(): void {
    this.#limit.stop()
    this.#keepAlive.stop()
    this.#subscriptions.clear()
    this.#rights?.left()
  }
}
