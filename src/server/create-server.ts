import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ControlPlane } from '#contracts/control-plane.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { createApp } from './app.ts'
import { type Access, isOpen, openAccess } from './auth/open-access.ts'
import { ResultTickets } from './auth/result-tickets.ts'
import { InFlight } from './in-flight.ts'
import type { ServerLog } from './log.ts'
import { LogSockets } from './log-sockets.ts'
import { addRoutes, groupsOf } from './routes.ts'
import { type ServerSettings, stopGraceMs } from './settings.ts'

export type ServerOptions = {
  nodeId: string
  controlPlane: ControlPlane
  settings: ServerSettings
  /** What the program says it is. */
  version: BuildVersionInfo
  clock: Clock
  random: Random
  log: ServerLog
}

export interface Server extends Startable {
  /** Known once started. */
  readonly address: { host: string; port: number; url: string }
}

/** The HTTP server of a node: routes of the roles it has, everything else is 404. */
export async function createServer(options: ServerOptions): Promise<Server> {
  return new NodeServer(options, await accessOf(options))
}

const accessOf = async (options: ServerOptions): Promise<Access> =>
  isOpen(options.settings) ? openAccess(options) : (await import('./auth/access.ts')).makeAccess(options)

class NodeServer implements Server {
  readonly #options: ServerOptions
  readonly #inFlight: InFlight
  readonly #logSockets: LogSockets | undefined
  readonly #app: FastifyInstance
  #port = 0

  constructor(options: ServerOptions, { tokens, gate, methods }: Access) {
    this.#options = options
    const { controlPlane, settings, version, clock, random, log } = options
    const inFlight = new InFlight(clock)
    const logSockets = controlPlane.jobs && new LogSockets(controlPlane.jobs, clock, gate)
    const tickets = new ResultTickets(tokens, clock)
    const groups = groupsOf(controlPlane)
    const isUpgrade = (request: IncomingMessage) => logSockets?.isStream(request) ?? false
    this.#app = createApp({ settings, version, clock, random, log, tokens, tickets, gate, groups, isUpgrade })
    addRoutes(this.#app, { controlPlane, settings, version, inFlight, methods, tickets })
    logSockets?.serve(this.#app.server)
    this.#inFlight = inFlight
    this.#logSockets = logSockets
  }

  get address(): { host: string; port: number; url: string } {
    const { host, tls } = this.#options.settings
    const shown = host.includes(':') ? `[${host}]` : host
    return { host, port: this.#port, url: `${tls ? 'https' : 'http'}://${shown}:${this.#port}` }
  }

  async start(): Promise<void> {
    const { host, port } = this.#options.settings
    try {
      await this.#app.listen({ host, port })
    } catch (error) {
      throw listenFault(error as NodeJS.ErrnoException, host, port)
    }
    const [bound] = this.#app.addresses() as AddressInfo[]
    this.#port = bound?.port ?? port
  }

  /** No new connections; waits and streams end; what is being answered gets a moment; then every socket is closed. */
  async stop(): Promise<void> {
    const reason = new Fault('ServiceUnavailable', 'the server is stopping', { isRetryable: true })
    this.#inFlight.stop(reason)
    this.#logSockets?.stop(reason)
    const cut = this.#options.clock.after(stopGraceMs, () => this.#app.server.closeAllConnections())
    await this.#app.close()
    cut.stop()
  }
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Fault {
  const address = `${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new Fault('ResourceInUse', `listen tcp ${address}: bind: address already in use`, {
      component: 'APIServer',
      hint: 'another server runs there; choose another port or stop it',
      cause: error,
    })
  }
  return new Fault('ServiceUnavailable', `cannot listen on ${address}: ${error.message}`, {
    component: 'APIServer',
    hint: 'choose an address of this machine (--host) and a port this user may listen on (--port)',
    cause: error,
  })
}
