import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AddressesOf } from '#contracts/addresses.ts'
import type { GateAnswer, GateOrder, GateRequest, HttpGate, Traffic } from '#contracts/http-gate.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { ask } from './ask.ts'
import { type Authority, isSame, readAuthority } from './authority.ts'
import { forward } from './forward.ts'
import { rawRefusal, refusalFor } from './refusal.ts'
import { firstWords, isGreetingFor, join, refuseGreeting } from './tunnel.ts'
import { WayOut } from './way-out.ts'

export type GateDeps = {
  addressesOf: AddressesOf
  clock: Clock
  /** Authorities (PEM) for the node's own requests instead of the usual ones. */
  ca?: string
}

const mostConnections = 512
const idleMs = 600_000
const answerMs = 30_000
const httpPort = 80

/**
 * A forward proxy for one program. Requests are sent on with the Host they name; a tunnel (CONNECT) carries TLS
 * whose greeting names the host of the tunnel, or HTTP, whose requests are looked at one by one. Nothing else passes.
 */
export class Gate implements HttpGate {
  readonly #order: GateOrder
  readonly #clock: Clock
  readonly #ca: string | undefined
  readonly #wayOut: WayOut
  readonly #server: Server
  readonly #connections = new Set<Duplex>()
  /** Where the requests of a connection go that is a tunnel. */
  readonly #tunnels = new WeakMap<Duplex, Authority>()
  #requests = 0
  #refused = 0
  #isClosed = false

  constructor(order: GateOrder, { addressesOf, clock, ca }: GateDeps) {
    this.#order = order
    this.#clock = clock
    this.#ca = ca
    this.#wayOut = new WayOut(order.domains, addressesOf)
    this.#server = createServer({ maxHeaderSize: 64 * 1024 })
    this.#server.timeout = idleMs
    this.#server.on('request', (asked, reply) => void this.#request(asked, reply))
    this.#server.on('connect', (asked, client, head) => void this.#connect(asked, client, head))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, client) => {
      if (error.code?.startsWith('HPE_')) this.#refuse(client, new Fault('BadRequest', error.message))
      else client.destroy()
    })
  }

  get traffic(): Traffic {
    return { requests: this.#requests, refused: this.#refused, ...this.#wayOut.bytes }
  }

  serve(connection: Duplex): void {
    if (this.#isClosed || this.#connections.size >= mostConnections) {
      connection.destroy()
      return
    }
    this.#connections.add(connection)
    // A program may leave at any moment; its end is all that matters.
    connection.on('error', () => connection.destroy())
    connection.on('close', () => this.#connections.delete(connection))
    this.#server.emit('connection', connection)
  }

  async ask(request: GateRequest, signal: AbortSignal): Promise<GateAnswer> {
    const { jobId } = this.#order
    const deadline = new AbortController()
    const timer = this.#clock.after(answerMs, () => deadline.abort(new Fault('Timeout', 'no answer within 30 s')))
    try {
      return await ask({
        request,
        jobId,
        connect: (target) => this.#wayOut.connect(target),
        counted: () => this.#requests++,
        ...(this.#ca && { ca: this.#ca }),
        signal: AbortSignal.any([signal, deadline.signal]),
      })
    } catch (error) {
      this.#refused++
      throw error
    } finally {
      timer.stop()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections) connection.destroy()
    this.#wayOut.close()
  }

  async #request(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    try {
      const { target, path } = this.#targetOf(asked)
      checkHost(asked, target)
      const socket = await this.#wayOut.connect(target)
      if (asked.socket.destroyed) return void socket.destroy()
      this.#requests++
      await forward(asked, reply, { target, path, jobId: this.#order.jobId, socket })
    } catch (error) {
      this.#refused++
      const { status, headers, body } = refusalFor(error)
      if (reply.headersSent) reply.destroy()
      else reply.writeHead(status, headers).end(body)
    }
  }

  /** The whole URL is named to a proxy; inside a tunnel, the path on its host. */
  #targetOf(asked: IncomingMessage): { target: Authority; path: string } {
    const url = asked.url ?? ''
    const tunnel = this.#tunnels.get(asked.socket)
    if (tunnel && url.startsWith('/')) return { target: tunnel, path: url }
    const [, authority = '', path = ''] = /^http:\/\/([^/?]*)(.*)$/i.exec(url) ?? []
    const target = tunnel ? undefined : readAuthority(authority, httpPort)
    if (target === undefined) throw new Fault('BadRequest', 'not a request to a proxy: it names no http:// URL')
    return { target, path: path.startsWith('/') ? path : `/${path}` }
  }

  async #connect(asked: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    try {
      const target = this.#tunnels.has(client) ? undefined : readAuthority(asked.url ?? '')
      if (target === undefined) throw new Fault('BadRequest', 'a tunnel needs a host and a port')
      const server = await this.#wayOut.connect(target)
      // It may have left meanwhile.
      if (client.destroyed) return void server.destroy()
      client.on('close', () => server.destroy())
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      const words = await firstWords(client, head, this.#clock)
      if (words.kind === 'tls' && isGreetingFor(words.hello, target.host)) {
        this.#requests++
        return join(client, server, words.bytes)
      }
      server.destroy()
      if (words.kind === 'plain') return this.#enter(client, target, words.bytes)
      if (words.kind === 'none') return void client.destroy()
      this.#refused++
      refuseGreeting(client)
    } catch (error) {
      this.#refuse(client, error)
    }
  }

  /** Requests of a tunnel without TLS are looked at like all others. */
  #enter(client: Duplex, target: Authority, bytes: Buffer): void {
    this.#tunnels.set(client, target)
    client.unshift(bytes)
    this.#server.emit('connection', client)
    // It was held while its first words were listened to.
    client.resume()
  }

  #refuse(client: Duplex, error: unknown): void {
    this.#refused++
    if (client.writable) client.end(rawRefusal(refusalFor(error)))
    else client.destroy()
  }
}

/** A server of many hosts goes by this header: it must be the host that was allowed. */
function checkHost({ rawHeaders, headers }: IncomingMessage, target: Authority): void {
  const count = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length
  if (count > 1 || (headers.host !== undefined && !isSame(headers.host, target, httpPort))) {
    throw new Fault('Forbidden', `the Host header names another host than ${target.host}:${target.port}`)
  }
}
