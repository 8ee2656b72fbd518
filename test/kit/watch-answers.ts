import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, afterEach } from 'vitest'
import type { Exchange } from './documented.ts'

/** Answers that no test has looked at yet. */
const seen: Exchange[] = []

/**
 * A setup file: whatever a server of ours answers in this process, to whoever asks, must be as the OpenAPI document says,
 * else the test fails in which it was answered. Servers in processes of their own are asked through `apiFetch`.
 */
subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  if (request.url?.startsWith('/api/v1')) watch(request, response)
})

function watch({ method = '', url: path = '' }: IncomingMessage, response: ServerResponse): void {
  const { writeHead, end } = response
  let head: unknown[] = []
  response.writeHead = (...args: unknown[]) => {
    head = (args.find((arg) => Array.isArray(arg)) as unknown[] | undefined) ?? []
    return writeHead.apply(response, args as never)
  }
  response.end = (...args: unknown[]) => {
    const text = typeof args[0] === 'string' ? args[0] : ''
    const contentType = String(head[head.indexOf('Content-Type') + 1] ?? '')
    // Other servers of the tests play ours, and some of them badly.
    if (head.includes('X-Bacalhau-Build-OS'))
      seen.push({ method, path, status: response.statusCode, contentType, text })
    return end.apply(response, args as never)
  }
}

async function check(): Promise<void> {
  if (seen.length === 0) return
  const { expectDocumented } = await import('./documented.ts')
  for (const exchange of seen.splice(0)) expectDocumented(exchange)
}

afterEach(check)
afterAll(check)
