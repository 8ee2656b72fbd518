import type { FastifyReply, FastifyRequest } from 'fastify'
import { faultOf } from '#lib/fault.ts'
import { writeFault } from '../answer.ts'
import { audit } from '../audit.ts'
import type { RateLimit } from '../rate-limit.ts'
import type { Asked, Gate } from './rights.ts'

/** The door of a server that is not open: asks the gate about each request, and notes who it is that comes in. */
export function letIn(gate: Gate, limit: RateLimit | undefined) {
  return (request: FastifyRequest, reply: FastifyReply, goOn: () => void): void => {
    const admit = async () => {
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
