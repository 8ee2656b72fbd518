import type { Guest } from '../guest.ts'
import type { GuestMemory } from '../guest-memory.ts'
import { type WebAnswer, webCode } from '../web.ts'
import type { Call } from './call.ts'

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']
const mostAnswerBytes = 100 * 1024 * 1024
const leastAnswerBytes = 64 * 1024
const answerShare = 0.8

/** `wasi:http/requests`: one request at a time, the answer cut to the buffers the guest has for it. */
export const httpCalls: Record<string, Call> = {
  http_request: {
    params: 'iiiiiiiiiiii',
    results: 'i',
    run: (guest: Guest, memory: GuestMemory, ...args: number[]) => {
      const [method, url, urlBytes, headers, headersBytes, body, bodyBytes, ...into] = args as Twelve
      if (into.slice(0, 4).includes(0)) return webCode.badInput
      const asked = {
        method: methods[method] ?? 'GET',
        url: inMemory(memory, url, urlBytes),
        headers: headers === 0 ? '' : inMemory(memory, headers, headersBytes),
        body: body === 0 ? '' : inMemory(memory, body, bodyBytes),
      }
      if (asked.url === undefined) return webCode.invalidUrl
      if (asked.body === undefined) return webCode.badInput
      guest.output.flush()
      const answer = guest.web.ask({
        method: asked.method,
        url: Buffer.from(asked.url, 'latin1').toString('utf8'),
        headers: asked.headers ?? '',
        body: Buffer.from(asked.body, 'latin1'),
        limitBytes: Math.max(leastAnswerBytes, Math.min(mostAnswerBytes, Math.floor(memory.sizeBytes * answerShare))),
      })
      return typeof answer === 'number' ? answer : written(memory, answer, into)
    },
  },
}

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number]

/** Undefined = not in the guest's memory. */
function inMemory(memory: GuestMemory, pointer: number, lengthBytes: number): string | undefined {
  if (pointer + lengthBytes > memory.sizeBytes) return undefined
  return Buffer.from(memory.bytes(pointer, lengthBytes)).toString('latin1')
}

/** Each length is that of the buffer before, of what was written to it after. Nothing is written when a pointer is bad. */
function written(memory: GuestMemory, answer: WebAnswer, into: readonly number[]): number {
  const [headersAt = 0, headersSizeAt = 0, bodyAt = 0, bodySizeAt = 0, statusAt = 0] = into
  const isThere = (pointer: number, lengthBytes: number) => pointer + lengthBytes <= memory.sizeBytes
  if (![headersSizeAt, bodySizeAt, statusAt].every((pointer) => isThere(pointer, 4))) return webCode.memory
  const headers = Buffer.from(answer.headers, 'latin1').subarray(0, memory.u32(headersSizeAt))
  const body = answer.body.subarray(0, memory.u32(bodySizeAt))
  if (!isThere(headersAt, headers.length) || !isThere(bodyAt, body.length)) return webCode.memory
  if (statusAt !== 0) memory.setU32(statusAt, answer.status)
  memory.setU32(headersSizeAt, headers.length)
  memory.setU32(bodySizeAt, body.length)
  memory.bytes(headersAt, headers.length).set(headers)
  memory.bytes(bodyAt, body.length).set(body)
  return 0
}
