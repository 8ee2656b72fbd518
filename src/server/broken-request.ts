import { type Server as NodeServer, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { since } from '#api/client-version.ts'
import { encodeError } from '#api/error-body.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { routeNotFound } from './route-faults.ts'

type ParseError = Error & { code?: string; reason?: string }

/** Answers what never became a request: bytes that are no HTTP, headers that are too large or never end. */
export const answerBrokenRequest =
  (clock: Clock) =>
  (error: ParseError, socket: Socket): void => {
    // Bytes behind a whole request, which was promised to be the last one: it gets its answer.
    if (error.code === 'HPE_CLOSED_CONNECTION') return
    // What came before it may be answered in this very turn; then the connection is closed already.
    clock.after(0, () => {
      if (socket.writable && error.code !== 'ECONNRESET') socket.write(closingAnswer(brokenFault(error)))
      socket.destroy(error)
    })
  }

/** Requests that HTTP treats apart, and we do not: nobody tunnels here, and expectations beside `100-continue` are met or not. */
export function answerOddRequests(server: NodeServer): void {
  server.on('connect', (_request, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    socket.end(closingAnswer(routeNotFound(since.v1_4)))
  })
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

function closingAnswer(fault: Fault): string {
  const text = `${encodeError(fault, '', since.v1_4)}\n`
  const head = [
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}

function brokenFault({ code, reason, message }: ParseError): Fault {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Fault('BadRequest', 'the request did not arrive in time', { component: 'APIServer', status: 408 })
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Fault('BadRequest', 'the headers are too large: together they may have 16 KiB', {
      component: 'APIServer',
      status: 431,
    })
  }
  return new Fault('BadRequest', `the request is not HTTP: ${reason ?? message}`, { component: 'APIServer' })
}
