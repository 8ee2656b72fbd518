import { STATUS_CODES } from 'node:http'
import { faultOf } from '#lib/fault.ts'

/** What a program is told that gets no answer: the first line is what programs of this field look for. */
export type Refusal = { status: number; headers: Readonly<Record<string, string>>; body: string }

export function refusalFor(error: unknown): Refusal {
  const { status, message, hint } = faultOf(error)
  const body = ['ERROR: The requested URL could not be retrieved', '', message, ...(hint ? [hint] : []), ''].join('\n')
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
  return { status, headers, body }
}

/** The same as bytes, for a connection that no HTTP server holds (any more). */
export function rawRefusal({ status, headers, body }: Refusal): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}
