import { type IncomingMessage, request } from 'node:http'
import type { Fetch, FetchAnswer, FetchRequest } from '#contracts/fetch.ts'

/**
 * `fetch` for plain HTTP without Node's own, whose first use costs a short command more than all else it does. What is
 * more than a request and its answer (a redirect) is left to that one.
 */
export const httpFetch: Fetch = async (url, wanted = {}) => {
  const answer = await answerOf(url, wanted)
  const status = answer.statusCode ?? 0
  if (status < 300 || status >= 400 || answer.headers.location === undefined) return shown(answer, status)
  answer.resume()
  return fetch(url, wanted)
}

const answerOf = (
  url: string,
  { method = 'GET', headers = {}, body, signal }: FetchRequest,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    // Node tells the length by itself only where it expects a body; a DELETE may have one too.
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const sent = request(url, { method, headers: { ...headers, ...length }, ...(signal && { signal }) }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })

const shown = (answer: IncomingMessage, status: number): FetchAnswer => ({
  status,
  ok: status >= 200 && status < 300,
  headers: { get: (name) => answer.headers[name.toLowerCase()]?.toString() ?? null },
  body: answer,
  async text() {
    const parts: Buffer[] = []
    for await (const part of answer) parts.push(part as Buffer)
    return Buffer.concat(parts).toString('utf8')
  },
})
