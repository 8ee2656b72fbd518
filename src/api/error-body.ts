import { Fault, type FaultCode, statusOf } from '#lib/fault.ts'
import type { ClientVersion } from './client-version.ts'
import { since } from './client-version.ts'
import { goJson } from './encode/go-json.ts'

/**
 * What a refused request answers. Clients before 1.5 know `error` and `message`, the later ones read the other fields
 * (without case, so `message` is never sent to them next to `Message`).
 */
export function encodeError(fault: Fault, requestId: string, version: ClientVersion): string {
  const common = {
    RequestID: requestId,
    Code: wireCode(fault),
    Component: fault.component,
    ...(fault.hint ? { Hint: fault.hint } : {}),
    ...(fault.details ? { Details: fault.details } : {}),
  }
  const { status, message } = fault
  return version >= since.v1_5
    ? goJson({ Status: status, Message: message, ...common })
    : goJson({ error: `code=${status}, message=${message}`, message, Status: status, ...common })
}

/** Reads either form, and whatever else may stand where an error body should be. */
export function decodeError(status: number, text: string): Fault {
  const body = bodyOf(text)
  const message = body.get('message') ?? body.get('error') ?? refusedLogin(body.get('authentication'))
  const code = body.get('code')
  return new Fault(
    codeOf(typeof code === 'string' ? code : '', status),
    typeof message === 'string' && message !== '' ? message : `HTTP ${status}: ${text.slice(0, 200)}`,
    {
      status,
      ...textField('component', body.get('component')),
      ...textField('hint', body.get('hint')),
      ...(isTextMap(body.get('details')) ? { details: body.get('details') as Record<string, string> } : {}),
      isRetryable: status === 429 || status === 503,
    },
  )
}

/** A login that was refused says why in an answer of its own form. */
const refusedLogin = (answer: unknown): unknown => (answer as { reason?: unknown } | undefined)?.reason

/** Some codes of the reference name the thing they speak of. */
const wireCodes: readonly [FaultCode, string, string][] = [
  ['MultipleFound', 'JobStore', 'MultipleJobsFound'],
  ['MultipleFound', 'NodesManager', 'MultipleNodesFound'],
  ['Conflict', 'JobStore', 'ConflictJobState'],
  ['Conflict', 'NodesManager', 'ConflictNodeState'],
]

const wireCode = (fault: Fault): string =>
  wireCodes.find(([code, component]) => code === fault.code && component === fault.component)?.[2] ?? fault.code

const byStatus = new Map<number, FaultCode>([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'PayloadTooLarge'],
  [426, 'UpgradeRequired'],
  [429, 'ResourceExhausted'],
  [501, 'NotImplemented'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
  [507, 'StorageFull'],
])

function codeOf(word: string, status: number): FaultCode {
  const known = wireCodes.find(([, , wire]) => wire === word)?.[0]
  if (known) return known
  return statusOf(word as FaultCode) === undefined ? (byStatus.get(status) ?? 'InternalError') : (word as FaultCode)
}

function bodyOf(text: string): Map<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'string') return new Map([['message', body]])
    return new Map(Object.entries(body ?? {}).map(([key, value]) => [key.toLowerCase(), value]))
  } catch {
    return new Map()
  }
}

const textField = (name: string, value: unknown): Record<string, string> =>
  typeof value === 'string' && value !== '' ? { [name]: value } : {}

const isTextMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string')
