import type { IncomingMessage } from 'node:http'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify'
import { parseClientVersion, since } from '#api/client-version.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { pathOf, writeFault } from './answer.ts'
import { letIn } from './auth/let-in.ts'
import type { ResultTickets } from './auth/result-tickets.ts'
import type { Gate } from './auth/rights.ts'
import type { TokenIssuer } from './auth/tokens.ts'
import { answerBrokenRequest, answerOddRequests } from './broken-request.ts'
import { frameworkFault } from './framework-fault.ts'
import { answerPreflight, versionHeaders } from './headers.ts'
import type { ServerLog } from './log.ts'
import { refuseOutdated } from './outdated-client.ts'
import { RateLimit } from './rate-limit.ts'
import { requestIds } from './request-id.ts'
import { routeNotFound } from './route-faults.ts'
import { bodyLimitBytes, longestParameter, type ServerSettings } from './settings.ts'
import { contentTypeOfUnknown, ungroupedType } from './unknown-route.ts'
import { prefixed } from './unprefixed.ts'

export type AppParts = {
  settings: ServerSettings
  version: BuildVersionInfo
  clock: Clock
  random: Random
  log: ServerLog
  tokens: TokenIssuer
  tickets: ResultTickets
  /** Absent = everybody is let in. */
  gate: Gate | undefined
  /** Groups of routes below the prefix that this node answers. */
  groups: ReadonlySet<string>
  /** Whether a request leaves HTTP here. */
  isUpgrade(request: IncomingMessage): boolean
}

/** The framework with our rules in it: bodies as text within a bound, one form of error, who is calling. No routes yet. */
export function createApp(parts: AppParts): FastifyInstance {
  const { settings, log, version, groups } = parts
  const idOf = requestIds(parts.random)
  const options: FastifyServerOptions = {
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: longestParameter },
    genReqId: (request) => idOf(request.headers['x-request-id']),
    rewriteUrl: (request) => prefixed(request.url ?? '/'),
    clientErrorHandler: answerBrokenRequest(parts.clock),
    frameworkErrors: (error, request, reply) => {
      request.caller = { version: since.v1_4, requestId: '', clientId: undefined, isKnown: false, rights: undefined }
      writeFault(request, reply, frameworkFault(error))
    },
  }
  const transport = {
    shouldUpgradeCallback: parts.isUpgrade,
    headersTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  }
  const app = settings.tls
    ? Fastify({ ...options, https: { ...transport, ...settings.tls, minVersion: 'TLSv1.2' } } as FastifyServerOptions)
    : Fastify({ ...options, http: transport } as FastifyServerOptions)
  answerOddRequests(app.server)
  app.decorate('serverLog', log)
  app.decorate('answerHeaders', versionHeaders(version))
  app.decorate('isOpen', parts.gate === undefined)
  app.decorate('allowedOrigin', originRule(parts))
  app.decorateRequest('caller')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, request, reply) => writeFault(request, reply, frameworkFault(error), ungroupedType))
  app.setNotFoundHandler((request, reply) => {
    const contentType = contentTypeOfUnknown(request.raw.url ?? '', groups)
    writeFault(request, reply, routeNotFound(request.caller.version), contentType)
  })
  const limit = settings.requestsPerSecond ? new RateLimit(settings.requestsPerSecond, parts.clock) : undefined
  app.addHook('onRequest', whoIsCalling(parts, limit))
  if (parts.gate)
    app.addHook(parts.gate.readsBody ? 'preHandler' : 'onRequest', letIn(parts.gate, parts.tickets, limit))
  if (log.isLevelEnabled('debug')) logAnswers(app, log)
  return app as FastifyInstance
}

/** Says who is calling, and sends those away that are too old or too many. */
function whoIsCalling({ version, tokens, gate }: AppParts, limit: RateLimit | undefined) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { headers } = request
    const announced = headers['x-bacalhau-git-version'] as string | undefined
    const parsed = parseClientVersion(announced)
    const known = gate ? undefined : tokens.knownBy(headers.authorization)
    request.caller = {
      version: parsed.kind === 'ok' ? parsed.version : since.v1_4,
      requestId: (headers['x-request-id'] as string | undefined) ?? '',
      clientId: known?.clientId,
      isKnown: known !== undefined,
      rights: undefined,
    }
    if (request.method === 'OPTIONS') return answerPreflight(request, reply)
    if (limit && !gate && !known) limit.check(request.ip)
    if (!refuseOutdated(parsed, announced, version, request, reply)) done()
  }
}

/** Any page may read the answers of an open server; where callers have rights, only the pages that were named. */
function originRule({ gate, settings: { webOrigins = [] } }: AppParts): FastifyInstance['allowedOrigin'] {
  if (!gate) return () => '*'
  return (origin) => (webOrigins.includes(origin) ? origin : undefined)
}

function logAnswers(app: FastifyInstance, log: ServerLog): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply.raw
    const fields = { requestId: request.id, method: request.method, path: pathOf(request), status: statusCode }
    log.debug(fields, 'http.answered')
    done()
  })
}
