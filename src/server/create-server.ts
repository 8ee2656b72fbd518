import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { agentEndpoints, legacyEndpoints } from '#api/agent.ts'
import { authEndpoints } from '#api/auth.ts'
import { parseClientVersion, since } from '#api/client-version.ts'
import { encodeBuildVersion } from '#api/encode/node.ts'
import { apiPrefix } from '#api/endpoint.ts'
import { jobEndpoints } from '#api/jobs.ts'
import { nodeEndpoints } from '#api/nodes.ts'
import type { ControlPlane } from '#contracts/control-plane.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { ChallengeLogin } from './auth/challenge.ts'
import { TokenIssuer } from './auth/tokens.ts'
import { frameworkFault } from './framework-fault.ts'
import { allowOrigin, answerPreflight, versionHeaders } from './headers.ts'
import { InFlight } from './in-flight.ts'
import type { ServerLog } from './log.ts'
import { refuseOutdated } from './outdated-client.ts'
import { RateLimit } from './rate-limit.ts'
import { registerRoutes } from './register.ts'
import { requestIdOf } from './request-id.ts'
import { goneSentence, routeNotFound } from './route-faults.ts'
import { agentHandlers, legacyHandlers } from './routes/agent.ts'
import { authHandlers } from './routes/auth.ts'
import { jobHandlers } from './routes/jobs.ts'
import { registerLogs } from './routes/logs.ts'
import { nodeHandlers } from './routes/nodes.ts'
import { pathOf, sendFault } from './send-fault.ts'
import { bodyLimitBytes, type ServerSettings, stopGraceMs } from './settings.ts'
import { prefixed } from './unprefixed.ts'

export type ServerOptions = {
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
export function createServer(options: ServerOptions): Server {
  return new NodeServer(options)
}

class NodeServer implements Server {
  readonly #options: ServerOptions
  readonly #inFlight: InFlight
  readonly #stopping = new AbortController()
  readonly #secret: string
  readonly #tokens: TokenIssuer
  readonly #app: FastifyInstance
  #port = 0
  #nodeIdFound: Promise<string> | undefined

  constructor(options: ServerOptions) {
    this.#options = options
    this.#inFlight = new InFlight(options.clock)
    this.#secret = options.settings.tokenSecret ?? options.random.uuid() + options.random.uuid()
    this.#tokens = new TokenIssuer(this.#nodeId, this.#secret, options.clock)
    this.#app = this.#build()
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
    this.#stopping.abort(reason)
    this.#inFlight.stop(reason)
    const cut = this.#options.clock.after(stopGraceMs, () => this.#app.server.closeAllConnections())
    await this.#app.close()
    cut.stop()
  }

  #build(): FastifyInstance {
    const { settings, log } = this.#options
    const common: FastifyServerOptions = {
      bodyLimit: bodyLimitBytes,
      forceCloseConnections: 'idle',
      requestTimeout: 120_000,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: 1_024 },
      genReqId: (request) => requestIdOf(request.headers['x-request-id'], this.#options.random),
      rewriteUrl: (request) => prefixed(request.url ?? '/'),
      frameworkErrors: (error, request, reply) => {
        request.caller = { version: since.v1_4, requestId: '', clientId: undefined }
        sendFault(request, reply, frameworkFault(error))
      },
    }
    const app = settings.tls
      ? (Fastify({
          ...common,
          https: { ...settings.tls, minVersion: 'TLSv1.2' },
        } as FastifyServerOptions) as FastifyInstance)
      : Fastify(common)
    app.server.headersTimeout = 5_000
    app.decorate('serverLog', log)
    app.decorateRequest('caller')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.setErrorHandler((error, request, reply) => sendFault(request, reply, frameworkFault(error)))
    app.setNotFoundHandler((request, reply) =>
      sendFault(request, reply, routeNotFound(request.caller.version), this.#typeOfUnknown(request)),
    )
    this.#addHooks(app)
    app.register(websocket, {
      options: { maxPayload: 4_096, perMessageDeflate: false },
      preClose: (done: () => void) => done(),
    })
    app.after(() => this.#addRoutes(app))
    if (log.isLevelEnabled('debug')) this.#logRequests(app)
    return app
  }

  #addHooks(app: FastifyInstance): void {
    const { version, settings, clock } = this.#options
    const headers = Object.entries(versionHeaders(version))
    const limit = settings.requestsPerSecond ? new RateLimit(settings.requestsPerSecond, clock) : undefined
    app.addHook('onRequest', (request, reply, done) => {
      const announced = request.headers['x-bacalhau-git-version']
      const parsed = parseClientVersion(typeof announced === 'string' ? announced : undefined)
      request.caller = {
        version: parsed.kind === 'ok' ? parsed.version : since.v1_4,
        requestId: String(request.headers['x-request-id'] ?? ''),
        clientId: this.#tokens.clientOf(request.headers.authorization),
      }
      allowOrigin(request, reply)
      if (request.method === 'OPTIONS') return answerPreflight(request, reply)
      reply.header('X-Request-Id', request.id)
      for (const [name, value] of headers) reply.header(name, value)
      if (limit && request.caller.clientId === undefined) limit.check(request.ip)
      if (!refuseOutdated(parsed, announced as string | undefined, version, reply)) done()
    })
  }

  #addRoutes(app: FastifyInstance): void {
    const { controlPlane, settings, version, clock } = this.#options
    const { agent, jobs, nodes } = controlPlane
    registerRoutes(app, this.#inFlight, agentEndpoints, agentHandlers(agent, version))
    registerRoutes(app, this.#inFlight, legacyEndpoints, legacyHandlers(agent, version))
    app.get('/', (_request, reply) => {
      reply.header('content-type', 'text/plain').send(`${encodeBuildVersion(version)}\n`)
    })
    if (jobs === undefined && nodes === undefined) return

    const login = new ChallengeLogin({ nodeId: this.#nodeId, tokens: this.#tokens, secret: this.#secret, clock })
    registerRoutes(app, this.#inFlight, authEndpoints, authHandlers(login))
    app.all(`${apiPrefix}/requester/*`, (_request, reply) =>
      reply
        .code(410)
        .header('content-type', 'application/json')
        .send(`${JSON.stringify(goneSentence)}\n`),
    )
    if (nodes) registerRoutes(app, this.#inFlight, nodeEndpoints, nodeHandlers(nodes))
    if (jobs) {
      registerRoutes(app, this.#inFlight, jobEndpoints, jobHandlers(jobs, settings))
      registerLogs(app, jobs, clock, this.#stopping.signal)
    }
  }

  readonly #nodeId = (): Promise<string> => {
    this.#nodeIdFound ??= this.#options.controlPlane.agent.self().then(({ Info }) => Info.NodeID)
    return this.#nodeIdFound
  }

  #logRequests(app: FastifyInstance): void {
    app.addHook('onResponse', (request, reply, done) => {
      const fields = { requestId: request.id, method: request.method, path: pathOf(request), status: reply.statusCode }
      this.#options.log.debug(fields, 'http.answered')
      done()
    })
  }

  /** What stands below one of our groups is answered like it, whatever else there is as the reference does. */
  #typeOfUnknown(request: FastifyRequest): string {
    const [, group] = /^\/api\/v1(?:\/([^/?]*))?(?:[/?]|$)/.exec(request.raw.url ?? '') ?? []
    if (group === undefined && !/^\/api\/v1\/?(?:\?|$)/.test(request.raw.url ?? ''))
      return 'application/json; charset=UTF-8'
    return this.#groups.has(group ?? '') ? 'application/json' : 'text/plain'
  }

  get #groups(): ReadonlySet<string> {
    const { jobs, nodes } = this.#options.controlPlane
    return new Set(jobs || nodes ? ['agent', 'compute', 'orchestrator', 'auth', 'requester'] : ['agent', 'compute'])
  }
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Fault {
  const address = `${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new Fault('ResourceInUse', `address ${address} is in use`, {
      component: 'APIServer',
      hint: 'another server runs there; choose another port or stop it',
      cause: error,
    })
  }
  return new Fault('ServiceUnavailable', `cannot listen on ${address}: ${error.message}`, {
    component: 'APIServer',
    cause: error,
  })
}
