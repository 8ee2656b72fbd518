import type { ConnectionOptions } from '@nats-io/transport-node'
import { type NatsLogin, type NatsUrl, parseNatsUrl } from '#lib/nats-url.ts'
import { clientTls } from './client-tls.ts'
import { signerOf } from './node-key.ts'

export type ClientSettings = {
  /** Addresses of one broker or cluster of brokers; a login in one of them is shown to all. */
  servers: readonly string[]
  /** For servers without a login in their address; '' = none. */
  token: string
  /** Of the node: a broker that knows nodes gives its rights to this connection. */
  name: string
  /** Secret of the node's key, for brokers that know it by that; absent = it has none. */
  keySeed?: string
  /** The section of the settings these come from: errors name it. */
  section: 'Compute' | 'Orchestrator'
  /** Certificate authority of the servers; '' = those the system trusts. */
  caFile: string
  /** A server that speaks no TLS is refused. */
  isTlsRequired: boolean
}

const attemptLimitMs = 5_000
/**
 * A line is given up when three PINGs in a row came due and none was answered. A node that asks and gets no answer finds
 * it out sooner, and ten thousand PINGs cost a broker much. An orchestrator may only listen, and is one: without
 * PINGs it would be out of its nodes' reach for minutes and not know it.
 */
const pingEveryMs = { Compute: 120_000, Orchestrator: 5_000 }

/** What the client library is told. */
export function clientOptions(settings: ClientSettings): ConnectionOptions {
  const { servers, token, name, keySeed, section, caFile } = settings
  const urls = servers.map(parseNatsUrl).filter((url): url is NatsUrl => url !== undefined)
  const isTls = caFile !== '' || settings.isTlsRequired || urls.some((url) => url.isTls)
  return {
    servers: urls.map(({ address }) => address),
    ...shown(urls.find(({ login }) => login)?.login ?? { token }),
    ...(isTls ? { tls: clientTls(urls.map(hostOf), caFile) } : {}),
    ...(keySeed === undefined ? {} : { authenticator: signerOf(keySeed) }),
    name,
    // Under its own name, so that a broker can keep others from listening there.
    inboxPrefix: `_INBOX.${name}`,
    timeout: attemptLimitMs,
    maxReconnectAttempts: -1,
    // A login may be put right on the broker while we go on.
    ignoreAuthErrorAbort: true,
    pingInterval: pingEveryMs[section],
  }
}

const hostOf = ({ address }: NatsUrl): string => address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')

const shown = (login: NatsLogin): ConnectionOptions => {
  if ('user' in login) return { user: login.user, pass: login.password }
  return login.token === '' ? {} : { token: login.token }
}
