import { expectDocumented } from '../../kit/documented.ts'
import type { RawAnswer } from './send.ts'
import type { WireRequest } from './wire-request.ts'

/** Words that only a programmer understands, and only ours. */
const innerWords =
  /TypeError|RangeError|ReferenceError|\[object |is not a function|is not iterable|Cannot (?:read|convert|mix)|undefined|SQLITE|node:internal|\.ts:\d|at \w+ \(|Client Error|URI malformed|ERR_|FST_/

/** What is unclear about a sentence for its reader; undefined = nothing. `given` is what the reader wrote: it may be quoted. */
export function unclear(sentence: unknown, given: string): string | undefined {
  if (typeof sentence !== 'string' || sentence.trim() === '') return 'no sentence'
  const found = innerWords.exec(sentence)?.[0]
  return found === undefined || given.includes(found) ? undefined : `"${found}" in: ${sentence.slice(0, 300)}`
}

/** What is wrong with what came back for a request; undefined = nothing. */
export function complaint(request: WireRequest, { text }: RawAnswer): string | undefined {
  const [head = '', ...rest] = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '').split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  if (status === 0) return text === '' ? 'no answer' : `no HTTP: ${text.slice(0, 100)}`
  if (status >= 500) return `${status}: ${body.slice(0, 300)}`
  const contentType = /^content-type: (.*)$/im.exec(head)?.[1] ?? ''
  const isApi = /^[A-Z]+$/.test(request.method) && request.method !== 'HEAD' && request.method !== 'OPTIONS'
  if (!isApi || status === 204) return undefined
  if (status >= 400) return unclearBody(request, body)
  return documented({ method: request.method, path: request.target, status, contentType, text: body })
}

function unclearBody(request: WireRequest, body: string): string | undefined {
  const given = JSON.stringify(request)
  try {
    const { message, Message, Error, Authentication } = JSON.parse(body)
    return unclear(message ?? Message ?? Error ?? Authentication?.reason, given)
  } catch {
    return body.startsWith('"') ? undefined : `no error body: ${body.slice(0, 200)}`
  }
}

function documented(exchange: Parameters<typeof expectDocumented>[0]): string | undefined {
  if (!exchange.path.startsWith('/api/v1') || exchange.contentType.startsWith('application/gzip')) return undefined
  try {
    expectDocumented(exchange)
    return undefined
  } catch (error) {
    return String(error).slice(0, 500)
  }
}
