import type { FastifyReply, FastifyRequest } from 'fastify'
import { apiPrefix } from '#api/endpoint.ts'
import { keptResultRoute } from '#api/job-streams.ts'
import { readQuery } from '#api/query.ts'
import { faultOf } from '#lib/fault.ts'
import { writeFault } from '../answer.ts'
import { audit } from '../audit.ts'
import { keptResultOf } from '../kept-result-of.ts'
import type { RateLimit } from '../rate-limit.ts'
import { queryOf } from '../register.ts'
import type { ResultTickets } from './result-tickets.ts'
import type { Asked, Gate } from './rights.ts'

/**
 * The door of a server that is not open: asks the gate about each request, and notes who it is that comes in. A ticket
 * stands for a login where one result is fetched.
 */
export function letIn(gate: Gate, tickets: ResultTickets, limit: RateLimit | undefined) {
  return (request: FastifyRequest, reply: FastifyReply, goOn: () => void): void => {
    const admit = async () => {
      const ticket = ticketOf(request)
      if (ticket !== undefined) {
        const { id, executionId } = keptResultOf(request)
        await tickets.check(ticket, id, executionId)
        request.caller.isKnown = true
        return
      }
      const { isKnown, name, rights } = await gate.admit(askedOf(request))
      if (!isKnown) limit?.check(request.ip)
      Object.assign(request.caller, { isKnown, clientId: name, rights })
    }
    const refuse = (error: unknown) => {
      const fault = faultOf(error)
      if (request.method !== 'GET') audit(request, { status: fault.status })
      writeFault(request, reply, fault)
    }
    admit().then(goOn, refuse)
  }
}

const ticketRoute = apiPrefix + keptResultRoute.path

function ticketOf({ routeOptions, raw }: FastifyRequest): string | undefined {
  if (routeOptions.url !== ticketRoute) return undefined
  return readQuery(keptResultRoute.query, queryOf(raw.url ?? '')).ticket
}

function askedOf({ method, routeOptions, raw, headers, ip, body }: FastifyRequest): Asked {
  return {
    method,
    route: routeOptions.url,
    url: raw.url ?? '',
    headers,
    address: ip,
    ...(typeof body === 'string' ? { body } : {}),
  }
}
