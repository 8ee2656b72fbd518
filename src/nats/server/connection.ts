import type { Socket } from 'node:net'
import type { Clock, Timer } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { type Operation, Parser, ProtocolError } from './parser.ts'
import type { Listener, RoutedMessage, Router } from './router.ts'
import { isPattern, isSubject } from './subjects.ts'

export type ConnectionParts = {
  socket: Socket
  router: Router
  clock: Clock
  info: Record<string, unknown>
  /** '' = open to everybody. */
  token: string
  onClose: () => void
}

const backlogLimitBytes = 64 * 1024 * 1024
const subscriptionLimit = 10_000
const pingEveryMs = 120_000
const missedPingLimit = 2
const authLimitMs = 5_000

type Subscribed = Listener & { readonly sid: string; left: number | undefined }

/** One client of the broker. A client that breaks the protocol, or does not read, is told why and cut off. */
export class ClientConnection {
  readonly #parts: ConnectionParts
  readonly #parser = new Parser()
  readonly #subscribed = new Map<string, Subscribed>()
  #isAuthorized = false
  #hasNoResponders = false
  #unanswered = 0
  #timer: Timer

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const { socket, clock, info } = parts
    socket.setNoDelay(true)
    socket.on('data', (piece) => this.#read(piece as Buffer))
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
    this.#timer = clock.after(authLimitMs, () => (this.#isAuthorized ? undefined : this.fail('Authentication Timeout')))
    this.#write(`INFO ${JSON.stringify(info)}\r\n`)
  }

  close(): void {
    this.#parts.socket.destroy()
  }

  fail(reason: string): void {
    this.#write(`-ERR '${reason}'\r\n`)
    this.#parts.socket.end()
    this.#unsubscribeAll()
  }

  #read(piece: Buffer): void {
    try {
      for (const operation of this.#parser.push(piece)) {
        if (this.#parts.socket.writableEnded) return
        this.#do(operation)
      }
    } catch (error) {
      this.fail(error instanceof ProtocolError ? messageOf(error) : 'Internal Error')
    }
  }

  #do(operation: Operation): void {
    if (operation.kind === 'connect') return this.#connect(operation.options)
    if (!this.#isAuthorized) return this.fail('Authorization Violation')
    switch (operation.kind) {
      case 'ping':
        return this.#write('PONG\r\n')
      case 'pong':
        this.#unanswered = 0
        return
      case 'subscribe':
        return this.#subscribe(operation)
      case 'unsubscribe':
        return this.#unsubscribe(operation.sid, operation.max)
      case 'publish':
        return this.#publish(operation)
    }
  }

  #connect(options: Record<string, unknown>): void {
    if (this.#parts.token !== '' && options['auth_token'] !== this.#parts.token)
      return this.fail('Authorization Violation')
    this.#isAuthorized = true
    this.#hasNoResponders = options['no_responders'] === true && options['headers'] === true
    if (options['verbose'] === true) this.#write('+OK\r\n')
    this.#timer.stop()
    this.#pingLater()
  }

  #subscribe({ subject, queue, sid }: { subject: string; queue: string | undefined; sid: string }): void {
    if (!isPattern(subject)) return this.#write(`-ERR 'Invalid Subject'\r\n`)
    if (this.#subscribed.size >= subscriptionLimit) return this.fail('Maximum Subscriptions Exceeded')
    this.#unsubscribe(sid, undefined)
    const listener: Subscribed = {
      pattern: subject,
      queue,
      sid,
      left: undefined,
      deliver: (message) => this.#deliver(listener, message),
    }
    this.#subscribed.set(sid, listener)
    this.#parts.router.add(listener)
  }

  #unsubscribe(sid: string, max: number | undefined): void {
    const listener = this.#subscribed.get(sid)
    if (!listener) return
    if (max !== undefined && max > 0) listener.left = max
    else {
      this.#subscribed.delete(sid)
      this.#parts.router.remove(listener)
    }
  }

  #publish({ subject, reply, headerBytes, payload }: RoutedMessage): void {
    if (!isSubject(subject)) return this.#write(`-ERR 'Invalid Publish Subject'\r\n`)
    const message = { subject, reply, headerBytes, payload: Buffer.from(payload) }
    const count = this.#parts.router.route(message)
    if (count === 0 && reply !== undefined && this.#hasNoResponders) {
      const header = Buffer.from('NATS/1.0 503\r\n\r\n')
      this.#parts.router.route({ subject: reply, reply: undefined, headerBytes: header.length, payload: header })
    }
  }

  #deliver(listener: Subscribed, { subject, reply, headerBytes, payload }: RoutedMessage): void {
    const address = `${subject} ${listener.sid}${reply === undefined ? '' : ` ${reply}`}`
    const head =
      headerBytes > 0 ? `HMSG ${address} ${headerBytes} ${payload.length}\r\n` : `MSG ${address} ${payload.length}\r\n`
    const { socket } = this.#parts
    socket.cork()
    this.#write(head)
    socket.write(payload)
    socket.write('\r\n')
    queueMicrotask(() => socket.uncork())
    if (listener.left !== undefined && --listener.left <= 0) this.#unsubscribe(listener.sid, undefined)
    if (socket.writableLength > backlogLimitBytes) this.fail('Slow Consumer')
  }

  #write(text: string): void {
    if (!this.#parts.socket.writableEnded) this.#parts.socket.write(text)
  }

  #pingLater(): void {
    this.#timer = this.#parts.clock.after(pingEveryMs, () => {
      if (this.#unanswered >= missedPingLimit) return this.fail('Stale Connection')
      this.#unanswered += 1
      this.#write('PING\r\n')
      this.#pingLater()
    })
  }

  #unsubscribeAll(): void {
    for (const listener of this.#subscribed.values()) this.#parts.router.remove(listener)
    this.#subscribed.clear()
  }

  #closed(): void {
    this.#timer.stop()
    this.#unsubscribeAll()
    this.#parts.onClose()
  }
}
