import type { GateAnswer, GateRequest, HttpGate } from '#contracts/http-gate.ts'
import { Fault } from '#lib/fault.ts'
import { packed, unpacked } from './protocol/packet.ts'
import { webCode } from './wasi/web.ts'

/** Answers a request of a child, which is not trusted. Rejects when it is none. */
export type ProgramWeb = (request: Buffer, signal: AbortSignal) => Promise<Buffer>

/** No answer is held that is larger. */
const answerLimitBytes = 100 * 1024 * 1024
const nothing = Buffer.alloc(0)

/** The web of a program: through its gate; without one every request is refused. */
export const programWeb =
  (gate: HttpGate | undefined): ProgramWeb =>
  async (bytes, signal) => {
    const request = requestIn(bytes)
    if (!gate) return packed(webCode.notAllowed, nothing)
    const answer = await gate.ask(request, signal).catch(codeOf)
    return typeof answer === 'number' ? packed(answer, nothing) : packed(headOf(answer), answer.body)
  }

function requestIn(bytes: Buffer): GateRequest {
  const { head, body } = unpacked(bytes)
  const { method, url, headers, limitBytes } = head as Record<string, unknown>
  if (typeof method !== 'string' || typeof url !== 'string' || typeof headers !== 'string')
    throw new Error('no request')
  const limit = Math.min(Number(limitBytes) || 0, answerLimitBytes)
  return { method, url, headers: headers.split('\n').flatMap(headerIn), body, limitBytes: limit }
}

function headerIn(line: string): [string, string][] {
  const at = line.indexOf(':')
  return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : []
}

const headOf = ({ status, headers }: GateAnswer) => ({
  status,
  headers: headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
})

/** As the guest is told; what is no refusal of the gate is a bug of ours. */
function codeOf(error: unknown): number {
  if (!(error instanceof Fault)) throw error
  switch (error.code) {
    case 'Forbidden':
      return webCode.notAllowed
    case 'BadRequest':
      return webCode.invalidUrl
    case 'Timeout':
      return webCode.timeout
    default:
      return webCode.networkError
  }
}
