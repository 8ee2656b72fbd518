import { errors } from '@nats-io/transport-node'
import { Fault, messageOf } from '#lib/fault.ts'
import { withoutNatsLogin } from '#lib/nats-url.ts'
import type { ClientSettings } from './client-options.ts'
import { leastPayloadBytes } from './payload-limit.ts'

/** Why no server of the list let this client in, with what cures it. */
export function connectFault(error: unknown, { servers, section }: ClientSettings): Fault {
  const because = { cause: error, component: section === 'Compute' ? 'Node' : 'NodeLink' }
  if (error instanceof errors.AuthorizationError) return refusal(error, section)
  const what = section === 'Compute' ? 'an orchestrator' : 'a NATS server'
  const tls = tlsHint(error, section)
  const hint = tls ?? unreachableHints[section]
  return new Fault(
    'ServiceUnavailable',
    `cannot reach ${what} at ${servers.map(withoutNatsLogin).join(', ')}: ${messageOf(error)}`,
    {
      ...because,
      // A wrong setting stays one.
      isRetryable: tls === undefined,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

const refusal = (error: Error, section: ClientSettings['section']): Fault =>
  new Fault('Unauthorized', `nats: ${error.message}`, {
    cause: error,
    component: section === 'Compute' ? 'Node' : 'NodeLink',
    hint: /node name/.test(error.message) ? nameHint : loginHints[section],
  })

/** How a broker of ours says no. */
const nameHint =
  'Give this node another name (Name, or NameProvider). Was its data folder copied from another node: remove node.json ' +
  'and node.key there. Is the other machine gone, or was this one set up anew: bacalhau node delete NAME.'

const loginHints = {
  Compute:
    'Compute.Auth.Token of this node must be Orchestrator.Auth.Token of its orchestrator; a login of a NATS server ' +
    'stands in Compute.Orchestrators (nats://user:password@host).',
  Orchestrator:
    'Its login stands in Orchestrator.Bus.Servers (nats://user:password@host), or a token in Orchestrator.Auth.Token.',
}

const unreachableHints = {
  Compute: undefined,
  Orchestrator:
    'Start it, or correct Orchestrator.Bus.Servers; without that setting the orchestrator brings a broker of its own.',
}

/** By Node's codes of certificates that are not believed, and the client's words about the rest. */
function tlsHint(error: unknown, section: ClientSettings['section']): string | undefined {
  if (/CERT|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(String((error as { code?: unknown }).code)))
    return `${section}.TLS.CACert names the authority of its certificate.`
  return messageOf(error).includes("support 'tls'")
    ? `It speaks no TLS, which ${tlsWishes[section]} asks for.`
    : undefined
}

const tlsWishes = {
  Compute: 'Compute.TLS, or tls:// in Compute.Orchestrators,',
  Orchestrator: 'Orchestrator.TLS.CACert, or tls:// in Orchestrator.Bus.Servers,',
}

/** A server that carries too little. */
export const narrowFault = (maxPayloadBytes: number, { servers, section }: ClientSettings): Fault =>
  new Fault(
    'ServiceUnavailable',
    `${servers.map(withoutNatsLogin).join(', ')} carries ${maxPayloadBytes} bytes at once`,
    {
      component: section === 'Compute' ? 'Node' : 'NodeLink',
      hint: `Its max_payload must be ${leastPayloadBytes} bytes or more; 1 MB, as it is unless it is set, is good.`,
    },
  )
