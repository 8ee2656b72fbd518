import { Fault } from '#lib/fault.ts'

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
  UND_ERR_CONNECT_TIMEOUT: 'i/o timeout',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host',
}

type Reason = readonly [reason: string, hint: string]
const speaksPlainly: Reason = [
  'http: server gave HTTP response to HTTPS client',
  'the server does not speak TLS: leave --tls out',
]
const isNotTrusted: Reason = [
  'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  'name its authority with --cacert, or accept any certificate with --insecure',
]
const tlsReasons: Record<string, Reason> = {
  EPROTO: speaksPlainly,
  ERR_SSL_WRONG_VERSION_NUMBER: speaksPlainly,
  DEPTH_ZERO_SELF_SIGNED_CERT: isNotTrusted,
  SELF_SIGNED_CERT_IN_CHAIN: isNotTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: isNotTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: isNotTrusted,
}

/** Why the server could not be reached, in the form clients of this field know: `Get "URL": dial tcp HOST:PORT: …`. */
export function transportFault(method: string, url: string, error: unknown): Fault {
  const verb = method.charAt(0) + method.slice(1).toLowerCase()
  const { host } = new URL(url)
  const code = codeOf(error)
  const tls = tlsReasons[code]
  if (tls) return unreachable(`${verb} "${url}": ${tls[0]}`, tls[1], error, false)
  const reason = reasons[code]
  const dialled = reason === 'no such host' ? `dial tcp: lookup ${host}: ${reason}` : `dial tcp ${host}: ${reason}`
  return unreachable(
    `${verb} "${url}": ${reason ? dialled : messageOf(error)}`,
    hangsUp.includes(code) && url.startsWith('http:') ? speaksTls(host) : isAnybodyThere(host),
    error,
  )
}

/** What a server that wants TLS does to a plain request. */
const hangsUp = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']
const speaksTls = (host: string): string =>
  `does the server at ${host} speak TLS? Name its authority with --cacert, or try --tls`
const isAnybodyThere = (host: string): string =>
  `is a server running at ${host}? Start one with \`bacalhau serve\`, or name another with --api-host and --api-port`

/** A certificate is the same at the next try. */
const unreachable = (message: string, hint: string, cause: unknown, isRetryable = true): Fault =>
  new Fault('ServiceUnavailable', message, { component: 'Client', hint, isRetryable, cause })

type Caused = { code?: unknown; cause?: unknown; errors?: readonly unknown[]; message?: unknown }

/** Fetch hides the system's error in the cause, sometimes several of them. */
function codeOf(error: unknown): string {
  for (let at = error as Caused | undefined, depth = 0; at && depth < 5; depth++) {
    if (typeof at.code === 'string') return at.code
    at = (at.cause ?? at.errors?.[0]) as Caused | undefined
  }
  return ''
}

function messageOf(error: unknown): string {
  const { message, cause } = error as Caused
  const inner = (cause as Caused | undefined)?.message
  return String(inner ?? message ?? error)
}
