import type { FastifyInstance } from 'fastify'
import { agentEndpoints, legacyEndpoints } from '#api/agent.ts'
import { authEndpoints } from '#api/auth.ts'
import { encodeBuildVersion } from '#api/encode/node.ts'
import { apiPrefix } from '#api/endpoint.ts'
import { logsRoute } from '#api/job-streams.ts'
import { jobEndpoints } from '#api/jobs.ts'
import { nodeEndpoints } from '#api/nodes.ts'
import type { ControlPlane } from '#contracts/control-plane.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { writeFault, writeText } from './answer.ts'
import type { Access } from './auth/open-access.ts'
import type { ResultTickets } from './auth/result-tickets.ts'
import type { InFlight } from './in-flight.ts'
import { hasEmptyParameter, registerRoutes } from './register.ts'
import { goneSentence, routeNotFound, upgradeRequired } from './route-faults.ts'
import { agentHandlers, legacyHandlers } from './routes/agent.ts'
import { authHandlers } from './routes/auth.ts'
import { guardedHandlers, jobsFor } from './routes/guarded.ts'
import { refusingJobsOfJobs } from './routes/jobs-from-jobs.ts'
import { addKeptResults } from './routes/kept-results.ts'
import { nodeHandlers } from './routes/nodes.ts'
import { addUploadChunks } from './routes/upload-chunks.ts'
import type { ServerSettings } from './settings.ts'

export type RouteParts = {
  controlPlane: ControlPlane
  settings: ServerSettings
  version: BuildVersionInfo
  inFlight: InFlight
  /** Empty = nobody logs in by the handshake. */
  methods: Access['methods']
  tickets: ResultTickets
}

/** The routes of the roles this node has. */
export function addRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { controlPlane, settings, version, inFlight, methods, tickets } = parts
  const { agent, jobs, nodes } = controlPlane
  registerRoutes(app, inFlight, agentEndpoints, agentHandlers(agent, version, settings.oauth2))
  registerRoutes(app, inFlight, legacyEndpoints, legacyHandlers(agent, version))
  app.get('/', (request, reply) => {
    writeText(request, reply, { status: 200, contentType: 'text/plain' }, `${encodeBuildVersion(version)}\n`)
  })
  if (jobs === undefined && nodes === undefined) return

  registerRoutes(app, inFlight, authEndpoints, authHandlers(methods))
  app.all(`${apiPrefix}/requester/*`, (request, reply) => {
    writeText(request, reply, { status: 410, contentType: 'application/json' }, `${JSON.stringify(goneSentence)}\n`)
  })
  if (nodes) registerRoutes(app, inFlight, nodeEndpoints, nodeHandlers(nodes))
  if (jobs) {
    const handlers = guardedHandlers(jobs, settings, tickets)
    const taking = settings.acceptsJobsFromJobs ? handlers : refusingJobsOfJobs(handlers)
    registerRoutes(app, inFlight, jobEndpoints, taking)
    addKeptResults(app, inFlight, jobsFor(jobs))
    addUploadChunks(app, jobsFor(jobs))
    app.get(apiPrefix + logsRoute.path, (request, reply) => {
      const isNone = hasEmptyParameter(request.params)
      writeFault(request, reply, isNone ? routeNotFound(request.caller.version) : upgradeRequired())
    })
  }
}

/** The first part of the paths below the prefix that belong to us on such a node. */
export const groupsOf = ({ jobs, nodes }: ControlPlane): ReadonlySet<string> =>
  new Set(jobs || nodes ? ['agent', 'compute', 'orchestrator', 'auth', 'requester'] : ['agent', 'compute'])
