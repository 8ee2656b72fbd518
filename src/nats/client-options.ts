import type { ConnectionOptions } from '@nats-io/transport-node'
import { type NatsLogin, type NatsUrl, parseNatsUrl } from '#lib/nats-url.ts'

export type ClientSettings = {
  /** Addresses of one broker or cluster of brokers; a login in one of them is shown to all. */
  servers: readonly string[]
  /** For servers without a login in their address; '' = none. */
  token: string
  /** What the broker's monitoring shows for this connection. */
  name: string
  /** The section of the settings these come from: errors name it. */
  section: 'Compute' | 'Orchestrator'
  /** Certificate authority of the servers; '' = those the system trusts. */
  caFile: string
}

const attemptLimitMs = 5_000

/** What the client library is told. */
export function clientOptions({ servers, token, name, caFile }: ClientSettings): ConnectionOptions {
  const urls = servers.map(parseNatsUrl).filter((url): url is NatsUrl => url !== undefined)
  const isTls = caFile !== '' || urls.some((url) => url.isTls)
  return {
    servers: urls.map(({ address }) => address),
    ...shown(urls.find(({ login }) => login)?.login ?? { token }),
    ...(isTls ? { tls: caFile === '' ? {} : { caFile } } : {}),
    name,
    timeout: attemptLimitMs,
    maxReconnectAttempts: -1,
    // A login may be put right on the broker while we go on.
    ignoreAuthErrorAbort: true,
    pingInterval: 30_000,
  }
}

const shown = (login: NatsLogin): ConnectionOptions => {
  if ('user' in login) return { user: login.user, pass: login.password }
  return login.token === '' ? {} : { token: login.token }
}
