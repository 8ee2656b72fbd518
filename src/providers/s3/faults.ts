import { isMistrust, mistrustHint } from '#lib/connection-trouble.ts'
import { Fault, type FaultCode, isDiskFull, messageOf } from '#lib/fault.ts'
import type { FailureClass } from '#models/job.ts'

type Cause = { code: FaultCode; class: FailureClass; hint?: string }

const unknownKeys: Cause = {
  code: 'Forbidden',
  class: 'node',
  hint: 'The AWS credentials of the node are wrong or too old; its operator renews them',
}
const otherRegion: Cause = { code: 'BadRequest', class: 'user', hint: 'Check the region of the bucket' }
const causes: Record<string, Cause> = {
  NoSuchBucket: { code: 'NotFound', class: 'user', hint: 'Check the name of the bucket and its endpoint' },
  NoSuchKey: { code: 'NotFound', class: 'user', hint: 'Check the key; a prefix ends in / or *' },
  NoSuchVersion: {
    code: 'NotFound',
    class: 'user',
    hint: 'Check VersionID; buckets keep versions only when they are told to',
  },
  KeyTooLongError: {
    code: 'BadRequest',
    class: 'user',
    hint: 'A key has at most 1,024 bytes: a shorter one for the publisher, or Encoding gzip, leaves the names of files more room',
  },
  NotFound: { code: 'NotFound', class: 'user', hint: 'Check bucket and key; a prefix ends in / or *' },
  AccessDenied: {
    code: 'Forbidden',
    class: 'user',
    hint: 'The node may not read or write there: the owner of the bucket grants it, or its operator names the endpoint in Compute.S3.TrustedEndpoints',
  },
  AuthorizationHeaderMalformed: otherRegion,
  PermanentRedirect: otherRegion,
  InvalidBucketName: { code: 'BadRequest', class: 'user', hint: 'Check the name of the bucket' },
  ExpiredToken: unknownKeys,
  InvalidAccessKeyId: unknownKeys,
  SignatureDoesNotMatch: unknownKeys,
  CredentialsProviderError: unknownKeys,
  RequestTimeTooSkewed: { code: 'Forbidden', class: 'node', hint: "The node's clock is wrong; its operator sets it" },
}

const unreachable = 'Check the endpoint and the region, and whether the node, or its proxy, reaches it'
const untrusted: Cause = { code: 'ServiceUnavailable', class: 'node', hint: mistrustHint }
const busy = 'The store is busy or broken; try again later'
/** What the AWS client says of a body that it cannot read, beside advice for programmers. */
const notUnderstood = 'Deserialization error'
/** Of no store at all, or of one that answers strangers in another language. */
const strangersHint =
  'Check the endpoint; the node shows its credentials, when it has any, only to those named in Compute.S3.TrustedEndpoints'

/** What the AWS client says of an answer without a body. */
const noText = 'UnknownError'

/** What went wrong with a place in S3, with its class and what would cure it. `what` names the place, as in `s3://bucket/key`. */
export function s3Fault(error: unknown, what: string): Fault {
  const own = faultWithin(error)
  if (own) return own
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  if (isDiskFull(error)) return new Fault('StorageFull', `${what}: ${messageOf(error)}`, { cause: error })
  if (messageOf(error).includes(notUnderstood)) {
    const cause = { ...causeOfStatus(status), hint: strangersHint }
    return faultFor(cause, `${what}: the answer is none of an S3 store (status ${status})`, error)
  }
  const hasText = messageOf(error) !== noText
  const cause = isMistrust(error)
    ? untrusted
    : (causes[aliases[name ?? ''] ?? name ?? ''] ?? causeOfStatus(status, hasText))
  const text =
    status === undefined ? messageOf(error) : `${name}${hasText ? `: ${messageOf(error)}` : ''} (status ${status})`
  return faultFor(cause, `${what}: ${text}`, error)
}

const faultFor = (cause: Cause, text: string, error: unknown): Fault =>
  new Fault(cause.code, text, {
    ...(cause.hint ? { hint: cause.hint } : {}),
    details: { FailureClass: cause.class },
    isRetryable: cause.class === 'transient',
    cause: error,
  })

/** Other names that stores use for the same. */
const aliases: Record<string, string> = {
  '403': 'AccessDenied',
  '404': 'NotFound',
  Forbidden: 'AccessDenied',
  InvalidToken: 'ExpiredToken',
  RequestExpired: 'ExpiredToken',
  TokenRefreshRequired: 'ExpiredToken',
}

/** What an S3 store refuses it explains. */
function causeOfStatus(status: number | undefined, hasText = true): Cause {
  const isRefusal = status !== undefined && status >= 400 && status < 500 && ![408, 412, 429].includes(status)
  if (status === undefined) return { code: 'ServiceUnavailable', class: 'transient', hint: unreachable }
  if (status >= 300 && status < 400) return otherRegion
  if (!isRefusal) return { code: 'ServiceUnavailable', class: 'transient', hint: busy }
  if (status === 403) return causes['AccessDenied'] as Cause
  return { code: 'BadRequest', class: 'user', ...(hasText ? {} : { hint: strangersHint }) }
}

/** What our own connections refused is wrapped by the client on its way. */
function faultWithin(error: unknown): Fault | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth++) {
    if (each instanceof Fault) return each
  }
  return undefined
}
