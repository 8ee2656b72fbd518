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

/** Why the server could not be reached, in the form clients of this field know: `Get "URL": dial tcp HOST:PORT: …`. */
export function transportFault(method: string, url: string, error: unknown): Fault {
  const verb = method.charAt(0) + method.slice(1).toLowerCase()
  const { host } = new URL(url)
  const code = codeOf(error)
  const reason = reasons[code]
  const dialled = reason === 'no such host' ? `dial tcp: lookup ${host}: ${reason}` : `dial tcp ${host}: ${reason}`
  return new Fault('ServiceUnavailable', `${verb} "${url}": ${reason ? dialled : messageOf(error)}`, {
    component: 'Client',
    hint: `is a server running at ${host}? Start one with \`bacalhau serve\`, or name another with --api-host and --api-port`,
    isRetryable: true,
    cause: error,
  })
}

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
