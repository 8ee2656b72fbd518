import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { maxPayloadBytes } from '../payload-limit.ts'
import { ClientConnection } from './connection.ts'
import type { Door } from './door.ts'
import { Router } from './router.ts'
import { secured } from './secured.ts'

export type BrokerSettings = {
  host: string
  port: number
  name: string
  /** PEM; absent = connections stay in clear. */
  tls?: { cert: string; key: string; handshakeLimitMs: number } | undefined
}

export type BrokerParts = {
  clock: Clock
  random: Random
  door: Door
  log: EventLog
}

const connectionLimit = 65_536
const farewellMs = 1_000

/** The embedded message broker: core NATS over TCP, without persistence. Nodes need nothing else. */
export class Broker implements Startable {
  readonly router = new Router()
  readonly #settings: BrokerSettings
  readonly #parts: BrokerParts
  readonly #sockets = new Set<Socket>()
  readonly #context: SecureContext | undefined
  #server: Server | undefined
  #lastClient = 0

  constructor(settings: BrokerSettings, parts: BrokerParts) {
    this.#settings = settings
    this.#parts = parts
    this.#context = settings.tls && createSecureContext({ ...settings.tls, minVersion: 'TLSv1.2' })
  }

  /** The port in use; meaningful after `start`. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? this.#settings.port
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#welcome(socket))
    server.maxConnections = connectionLimit
    this.#server = server
    const { host, port } = this.#settings
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)))
      server.listen(port, host, resolve)
    })
  }

  /** What was written already still goes out, to who reads it. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroySoon()
    const limit = this.#parts.clock.after(farewellMs, () => {
      for (const socket of this.#sockets) socket.destroy()
    })
    await new Promise<void>((resolve) => {
      if (this.#server?.listening) this.#server.close(() => resolve())
      else resolve()
    })
    limit.stop()
  }

  #welcome(socket: Socket): void {
    const nonce = this.#parts.random.uuid()
    this.#keep(socket)
    socket.write(`INFO ${JSON.stringify({ ...this.#info(++this.#lastClient), nonce })}\r\n`)
    if (!this.#context) return this.#serve(socket, nonce)
    const { clock, log } = this.#parts
    const address = socket.remoteAddress
    secured(socket, this.#context, clock, this.#settings.tls?.handshakeLimitMs ?? 0).then(
      (secure) => {
        this.#sockets.delete(socket)
        this.#serve(this.#keep(secure), nonce)
      },
      (error: unknown) => log('tls_handshake_failed', { error, address }),
    )
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    return socket
  }

  #serve(socket: Socket, nonce: string): void {
    new ClientConnection({ ...this.#parts, socket, nonce, router: this.router }).open()
  }

  #info(clientId: number): Record<string, unknown> {
    return {
      server_id: this.#settings.name,
      server_name: this.#settings.name,
      version: '2.10.0',
      proto: 1,
      host: this.#settings.host,
      port: this.port,
      headers: true,
      max_payload: maxPayloadBytes,
      client_id: clientId,
      auth_required: this.#parts.door.isLocked,
      jetstream: false,
      ...(this.#context ? { tls_required: true } : {}),
    }
  }
}

const listenFault = (error: NodeJS.ErrnoException, host: string, port: number): Fault =>
  new Fault(
    'ServiceUnavailable',
    error.code === 'EADDRINUSE'
      ? `port ${port} is already in use`
      : `cannot listen on ${host}:${port}: ${error.message}`,
    {
      component: 'NodeLink',
      cause: error,
      hint: 'Other nodes connect there: choose another port with Orchestrator.Port, or stop the program that uses it.',
    },
  )
