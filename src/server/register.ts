import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { since } from '#api/client-version.ts'
import { apiPrefix, type Endpoint } from '#api/endpoint.ts'
import { readQuery } from '#api/query.ts'
import { faultOf } from '#lib/fault.ts'
import { parseJson } from '#lib/json/parse.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { writeFault, writeText } from './answer.ts'
import { audit, outcomeOf } from './audit.ts'
import type { Call, Handlers } from './handler.ts'
import type { Flight, InFlight } from './in-flight.ts'
import { routeNotFound, serverTimeout } from './route-faults.ts'
import { handlerTimeoutMs, longestWaitMs } from './settings.ts'
import { statusFor } from './with-status.ts'

type Rows = Record<string, Endpoint<any, any, any, any>>
type AnyHandler = (call: Call<any>) => unknown

/** Makes routes of the rows of a table, each answered by the handler of its name. */
export function registerRoutes<Table extends Rows>(
  app: FastifyInstance,
  inFlight: InFlight,
  table: Table,
  handlers: Handlers<Table>,
): void {
  for (const [name, row] of Object.entries(table)) {
    const handler = handlers[name as keyof Table] as AnyHandler
    app.route({
      method: [row.method, ...(row.also ?? [])],
      url: apiPrefix + row.path,
      handler: (request, reply) => answer(row, handler, inFlight, request, reply),
    })
  }
}

/** No promise of the framework: most answers are one turn of the event loop away. */
function answer(
  row: Endpoint,
  handler: AnyHandler,
  inFlight: InFlight,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const limitMs = 'wait' in row.query ? handlerTimeoutMs + longestWaitMs : handlerTimeoutMs
  if (hasEmptyParameter(request.params)) return writeFault(request, reply, routeNotFound(request.caller.version))
  const flight = inFlight.begin(limitMs, () => writeFault(request, reply, serverTimeout()))
  const isWrite = row.method !== 'GET' && row.role === 'orchestrator'
  const fail = (error: unknown) => {
    flight.end()
    const fault = faultOf(error)
    if (isWrite) audit(request, { status: fault.status })
    writeFault(request, reply, fault)
  }
  try {
    const queryText = queryOf(request.raw.url ?? '')
    const result = handler(callOf(row, request, reply, flight, queryText))
    const finish = (value: unknown) => {
      flight.end()
      if (isWrite) audit(request, outcomeOf(statusFor(value), value))
      writeAnswer(row, value, request, reply, isPretty(queryText))
    }
    if (result instanceof Promise) result.then(finish).catch(fail)
    else finish(result)
  } catch (error) {
    fail(error)
  }
}

/** `/jobs/` is no job without a name. */
export function hasEmptyParameter(params: unknown): boolean {
  for (const name in params as object) if ((params as Record<string, string>)[name] === '') return true
  return false
}

function callOf(
  row: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  flight: Flight,
  queryText: string,
): Call<any> {
  const { headers, body } = request
  return {
    params: request.params as Record<string, string>,
    query: readQuery(row.query, queryText),
    body:
      typeof body === 'string' && body !== '' ? { text: body, contentType: headers['content-type'] ?? '' } : undefined,
    caller: request.caller,
    get address() {
      return request.ip
    },
    get door() {
      return doorOf(request)
    },
    header(name) {
      const value = headers[name]
      return (Array.isArray(value) ? value[0] : value) ?? ''
    },
    get signal() {
      return goneOr(flight, reply)
    },
  }
}

/** Behind a proxy that speaks TLS for us it says so. Who lies about it gets a wrong address in its own answer, nobody else. */
function doorOf({ headers, protocol, host, socket }: FastifyRequest): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : protocol
  return `${scheme}://${host || `${socket.localAddress}:${socket.localPort}`}`
}

/** The signal of a flight, which from now on also ends when the caller hangs up. */
export function goneOr(flight: Flight, reply: FastifyReply): AbortSignal {
  reply.raw.once('close', () => flight.callerGone())
  return flight.signal
}

function writeAnswer(
  row: Endpoint,
  value: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  isReadable: boolean,
): void {
  const { version } = request.caller
  const text = row.answer.encode(value as never, version)
  // Later clients are given the plain type everywhere.
  const isPlainJson = row.contentType === undefined || (row.contentType !== 'text/plain' && version >= since.v1_5)
  const contentType = isPlainJson ? 'application/json' : (row.contentType as string)
  const shown = contentType === 'text/plain' ? text : `${isReadable ? readable(text) : text}\n`
  writeText(request, reply, { status: statusFor(value), contentType }, shown)
}

/** `pretty` asks for it by being there. */
const isPretty = (queryText: string): boolean => /(?:^|&)pretty(?:=|&|$)/i.test(queryText)
const readable = (text: string): string => stringifyJson(parseJson(text), { indent: 2, escapeHtml: true })

export function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}
