import type { FastifyReply, FastifyRequest } from 'fastify'
import { since } from '#api/client-version.ts'
import { encodeError } from '#api/error-body.ts'
import { Fault } from '#lib/fault.ts'

/** What an answer is written with; the rest of its headers is the same for all. */
type Head = { status: number; contentType: string; more?: readonly string[] }

/**
 * Writes an answer past the framework's own pipeline: it is text already, and its headers are known. Nothing happens when
 * an answer is on its way.
 */
export function writeText(request: FastifyRequest, reply: FastifyReply, head: Head, text: string): void {
  const { raw } = reply
  if (raw.headersSent) return
  raw.writeHead(head.status, [
    ...commonHeaders(request),
    ...(head.more ?? []),
    'Content-Type',
    head.contentType,
    'Content-Length',
    String(Buffer.byteLength(text)),
  ])
  raw.end(text)
}

/** What every answer carries: names and values. */
export const commonHeaders = (request: FastifyRequest): string[] => [
  ...request.server.answerHeaders,
  ...(request.headers.origin === undefined ? vary : readableBy(request, request.headers.origin)),
  'X-Request-Id',
  request.id,
]

const vary = ['Vary', 'Origin']
const readableBy = (request: FastifyRequest, origin: string): readonly string[] => {
  const allowed = request.server.allowedOrigin(origin)
  return allowed === undefined ? vary : [...vary, 'Access-Control-Allow-Origin', allowed]
}

/** Answers with an error. What is our fault is told in general terms and logged whole. */
export function writeFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: Fault,
  oldContentType = 'application/json',
): void {
  const { version, requestId } = request.caller
  const shown = fault.code === 'InternalError' ? internal(request, fault) : fault
  // Later clients are given the plain type everywhere.
  const contentType = version >= since.v1_5 ? 'application/json' : oldContentType
  const again = shown.retryAfterSeconds
  const more = again === undefined ? {} : { more: ['Retry-After', String(again)] }
  writeText(
    request,
    reply,
    { status: shown.status, contentType, ...more },
    `${encodeError(shown, requestId, version)}\n`,
  )
  // The rest of a body that is too large is dropped as it comes: many callers read no answer before they have sent all.
  if (shown.code === 'PayloadTooLarge') request.raw.resume()
}

function internal(request: FastifyRequest, fault: Fault): Fault {
  const fields = { error: fault.cause ?? fault, requestId: request.id, method: request.method, path: pathOf(request) }
  request.server.serverLog.error(fields, 'http.internal_error')
  return new Fault('InternalError', 'Internal server error', {
    component: fault.component,
    hint: `the server's log has the details under request ${request.id}`,
  })
}

/** Without the query: a caller may have put a secret there. */
export const pathOf = (request: FastifyRequest): string => (request.raw.url ?? '').split('?')[0] ?? ''
