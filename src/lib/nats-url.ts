/** Where a NATS server is, and what a client shows it. */
export type NatsUrl = {
  /** `host:port`; IPv6 in brackets. */
  readonly address: string
  readonly isTls: boolean
  readonly login: NatsLogin | undefined
}

export type NatsLogin = { readonly token: string } | { readonly user: string; readonly password: string }

const defaultPort = '4222'

/** `[nats://|tls://][user:password@|token@]host[:port]`; undefined for what is none. */
export function parseNatsUrl(text: string): NatsUrl | undefined {
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`)
  if (!url || !/^(nats|tls):$/.test(url.protocol) || url.hostname === '') return undefined
  if (/[^/]/.test(url.pathname) || url.search !== '' || url.hash !== '') return undefined
  const login = loginOf(url)
  if (login === 'unreadable') return undefined
  return { address: `${url.hostname}:${url.port || defaultPort}`, isTls: url.protocol === 'tls:', login }
}

function loginOf({ username, password }: URL): NatsLogin | undefined | 'unreadable' {
  if (username === '' && password === '') return undefined
  try {
    const user = decodeURIComponent(username)
    return password === '' ? { token: user } : { user, password: decodeURIComponent(password) }
  } catch {
    return 'unreadable'
  }
}

/** The same place, for everybody to read. */
export function withoutNatsLogin(text: string): string {
  const url = parseNatsUrl(text)
  return url ? `${url.isTls ? 'tls' : 'nats'}://${url.address}` : ''
}

/** What is wrong with the addresses of one cluster of NATS servers, or nothing. A client shows all of them one login. */
export function natsUrlsProblem(texts: readonly string[]): string | undefined {
  const urls = texts.map(parseNatsUrl)
  if (urls.includes(undefined)) return 'expects addresses like nats://host:4222'
  const logins = new Set(urls.flatMap((url) => (url?.login ? [JSON.stringify(url.login)] : [])))
  return logins.size > 1 ? 'expects one login for all servers' : undefined
}
