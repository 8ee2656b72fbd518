import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps, type RequestOptions } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { GateAnswer, GateRequest } from '#contracts/http-gate.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { type Authority, readAuthority } from './authority.ts'
import { jobMark, ofConnection } from './forward.ts'

export type Asking = {
  request: GateRequest
  jobId: JobId
  /** Opens a connection to a host that may be asked. */
  connect: (target: Authority) => Promise<Socket>
  /** Called for each request that is sent. */
  counted: () => void
  ca?: string
  signal: AbortSignal
}

const mostRedirects = 10
/** What was meant for one server is not told to the next. */
const secrets = ['authorization', 'cookie']

/** One request with its redirects, over connections that were looked at one by one. */
export async function ask(asking: Asking): Promise<GateAnswer> {
  let { request } = asking
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await once(asking, request)
    const next = redirected(request, answer)
    if (!next) return await whole(answer, request.limitBytes, asking.signal)
    answer.destroy()
    request = next
  }
  throw new Fault('ServiceUnavailable', `the server redirects more than ${mostRedirects} times`)
}

async function once({ jobId, connect, counted, ca, signal }: Asking, request: GateRequest): Promise<IncomingMessage> {
  const { url, target, isSecure } = read(request.url)
  const socket = await connect(target)
  try {
    signal.throwIfAborted()
    counted()
    const options: RequestOptions = {
      method: request.method,
      path: url.pathname + url.search,
      headers: [
        ...['Host', url.host, jobMark, jobId],
        ...sendable(request.headers).flat(),
        ...(request.body.length > 0 || request.method === 'POST'
          ? ['Content-Length', String(request.body.length)]
          : []),
      ],
      createConnection: () => (isSecure ? secured(socket, target.host, ca) : socket),
      signal,
    }
    return await new Promise((resolve, reject) => {
      const sent = isSecure ? overHttps(options, resolve) : overHttp(options, resolve)
      sent.on('error', reject)
      sent.end(request.body)
    })
  } catch (error) {
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw new Fault('ServiceUnavailable', `${target.host} does not answer: ${messageOf(error)}`, { status: 502 })
  }
}

const secured = (socket: Socket, host: string, ca?: string) =>
  connectTls({ socket, ...(isIP(host) ? { host } : { servername: host }), ...(ca && { ca }) })

function read(text: string): { url: URL; target: Authority; isSecure: boolean } {
  const url = URL.parse(text)
  const isSecure = url?.protocol === 'https:'
  const target =
    url && (isSecure || url.protocol === 'http:') ? readAuthority(url.host, isSecure ? 443 : 80) : undefined
  if (!url || !target) throw new Fault('BadRequest', 'not an http:// or https:// URL')
  return { url, target, isSecure }
}

const unsendable = new Set([...ofConnection, 'host', 'content-length', jobMark.toLowerCase()])

/** Headers with which the program cannot say anything about the connection, or break out of its line. */
const sendable = (headers: GateRequest['headers']): [string, string][] =>
  headers
    .filter(([name]) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !unsendable.has(name.toLowerCase()))
    .map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')])

/** The request that a redirect asks for; undefined = it is none. */
function redirected(request: GateRequest, { statusCode = 0, headers }: IncomingMessage): GateRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined
  const next = URL.parse(headers.location, request.url)
  if (!next) throw new Fault('ServiceUnavailable', 'the server redirects to what is no URL')
  const isSameServer = next.origin === new URL(request.url).origin
  const isKept = statusCode === 307 || statusCode === 308 || request.method === 'HEAD'
  return {
    ...request,
    url: next.href,
    headers: isSameServer ? request.headers : request.headers.filter(([name]) => !secrets.includes(name.toLowerCase())),
    ...(isKept ? {} : { method: 'GET', body: Buffer.alloc(0) }),
  }
}

async function whole(answer: IncomingMessage, limitBytes: number, signal: AbortSignal): Promise<GateAnswer> {
  const parts: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, limitBytes - sizeBytes))
      sizeBytes += part.length
      if (sizeBytes >= limitBytes) break
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new Fault('ServiceUnavailable', `the answer was cut off: ${messageOf(error)}`, { status: 502 })
  } finally {
    answer.destroy()
  }
  const { rawHeaders, statusCode = 0 } = answer
  const headers = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
  )
  return { status: statusCode, headers, body: Buffer.concat(parts) }
}
