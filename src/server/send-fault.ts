import type { FastifyReply, FastifyRequest } from 'fastify'
import { since } from '#api/client-version.ts'
import { encodeError } from '#api/error-body.ts'
import { Fault } from '#lib/fault.ts'

const identity = (payload: unknown): string => payload as string

/** Answers with an error, unless an answer is on its way. What is our fault is told in general terms and logged whole. */
export function sendFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: Fault,
  contentType = 'application/json',
): void {
  if (reply.sent) return
  const { version, requestId } = request.caller
  const shown = fault.code === 'InternalError' ? internal(request, fault) : fault
  reply
    .code(shown.status)
    .header('content-type', version >= since.v1_5 ? 'application/json' : contentType)
    .serializer(identity)
    .send(`${encodeError(shown, requestId, version)}\n`)
}

function internal(request: FastifyRequest, fault: Fault): Fault {
  const fields = { err: fault.cause ?? fault, requestId: request.id, method: request.method, path: pathOf(request) }
  request.server.serverLog.error(fields, 'http.internal_error')
  return new Fault('InternalError', 'Internal server error', {
    component: fault.component,
    hint: `the server's log has the details under request ${request.id}`,
  })
}

/** Without the query: a caller may have put a secret there. */
export const pathOf = (request: FastifyRequest): string => (request.raw.url ?? '').split('?')[0] ?? ''
