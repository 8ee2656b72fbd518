import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Dispatcher } from 'undici'
import { escaped } from './escaped.ts'

type Handler = S3Client['config']['requestHandler']
/** What the AWS client has made of a command, signed. */
type Request = {
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  method: string
  headers: Record<string, string>
  body?: unknown
}

/** Headers that undici writes itself; none of them is part of a signature. */
const ownHeaders = new Set(['expect', 'transfer-encoding', 'connection'])

/** Sends the requests of the AWS client over our own connections, which go only where the node allows. */
export function handlerOver(dispatcher: () => Promise<Dispatcher>): Handler {
  return {
    async handle(request: Request, options?: { abortSignal?: unknown }) {
      const { protocol, hostname, port, path, query, method, body } = request
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !ownHeaders.has(name.toLowerCase())),
      )
      const answer = await (await dispatcher()).request({
        origin: `${protocol}//${hostname}${port ? `:${port}` : ''}`,
        path: path + queryText(query ?? {}),
        method: method as Dispatcher.HttpMethod,
        headers,
        body: (body as Buffer | Readable | undefined) ?? null,
        signal: options?.abortSignal as AbortSignal | undefined,
      })
      const response = { statusCode: answer.statusCode, headers: joined(answer.headers), body: answer.body }
      return { response }
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  }
}

/** Written as the signature was made over it. */
function queryText(query: Record<string, string | string[] | null>): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((each) => (each === null ? escaped(key) : `${escaped(key)}=${escaped(each)}`)),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const joined = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
