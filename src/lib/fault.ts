/**
 * The closed list of error codes. The HTTP status of each is `statusOf`; docs/errors.md lists cause and cure.
 */
export type FaultCode =
  | 'BadRequest'
  | 'ValidationError'
  | 'NotFound'
  | 'MultipleFound'
  | 'Conflict'
  | 'ResourceInUse'
  | 'ResourceExhausted'
  | 'Unauthorized'
  | 'Forbidden'
  | 'PayloadTooLarge'
  | 'UpgradeRequired'
  | 'Gone'
  | 'MethodNotAllowed'
  | 'NotImplemented'
  | 'ServiceUnavailable'
  | 'StorageFull'
  | 'Timeout'
  | 'Cancelled'
  | 'InternalError'

const statuses: Record<FaultCode, number> = {
  BadRequest: 400,
  ValidationError: 400,
  NotFound: 404,
  MultipleFound: 409,
  Conflict: 409,
  ResourceInUse: 409,
  ResourceExhausted: 429,
  Unauthorized: 401,
  Forbidden: 403,
  PayloadTooLarge: 413,
  UpgradeRequired: 426,
  Gone: 410,
  MethodNotAllowed: 405,
  NotImplemented: 501,
  ServiceUnavailable: 503,
  StorageFull: 507,
  Timeout: 504,
  Cancelled: 499,
  InternalError: 500,
}

/** The HTTP status that belongs to a code. */
export const statusOf = (code: FaultCode): number => statuses[code]

/** Whether text from outside is one of them. */
export const isFaultCode = (text: unknown): text is FaultCode =>
  typeof text === 'string' && Object.hasOwn(statuses, text)

export type FaultOptions = {
  /** Part of the system that says it, as clients see it (`JobStore`, `APIServer`, `NodesManager`, `Docker` …). */
  component?: string
  /** What the user can do about it, one sentence. */
  hint?: string
  details?: Record<string, string>
  /** HTTP status when it differs from the code's own. */
  status?: number
  /** Whether the same call may succeed later without any change. */
  isRetryable?: boolean
  /** When it is worth trying again; clients are told by `Retry-After`. */
  retryAfterSeconds?: number
  cause?: unknown
}

/** The one error class: what a user, a client or another node is told. Anything else that is thrown is a bug. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly component: string
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, string>> | undefined
  readonly status: number
  readonly isRetryable: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.component = options.component ?? 'Bacalhau'
    this.hint = options.hint
    this.details = options.details
    this.status = options.status ?? statusOf(code)
    this.isRetryable = options.isRetryable ?? false
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The message of anything thrown, without a stack. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(fromOpenSsl, 'TLS: $1').replace(advice, '') : String(error)

/** What Node would have its own users do. */
const advice = /; if the root CA is .*/

/** Its own messages name places in its sources, and end the line: only the reason is for people. */
const fromOpenSsl = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*$/s

/** Turns anything thrown into a Fault; what is not one already is an internal error that keeps its cause for the log. */
export const faultOf = (error: unknown): Fault =>
  error instanceof Fault ? error : new Fault('InternalError', messageOf(error), { cause: error })

/** Whether the system says that the disk, or what its user may have of it, is full. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as { code?: string } | undefined)?.code ?? '')
