/** What a registry is told of who asks. */
export type RegistryLogin = { username: string; password: string } | { identitytoken: string }

/** The file in which `docker login` keeps logins; only what we use of it. */
export type LoginsFile = {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>
  /** Programs that know the logins of single registries, and the one that is asked for all others. */
  credHelpers?: Record<string, string>
  credsStore?: string
}

/** `helper` is to be asked for `server`. */
export type FoundLogin = { login: RegistryLogin } | { helper: string; server: string } | undefined

const hub = 'docker.io'
/** What Docker's own registry is called in such files. */
const hubServer = 'https://index.docker.io/v1/'

/** Where the login of exactly this registry is; nothing when the file has none of it (X9). */
export function findLogin(file: LoginsFile, domain: string): FoundLogin {
  const server = domain === hub ? hubServer : domain
  const helper = entryOf(file.credHelpers, domain) ?? file.credsStore
  if (helper) return { helper, server }
  const login = loginOf(entryOf(file.auths, domain))
  return login && { login }
}

function entryOf<Entry>(entries: Record<string, Entry> | undefined, domain: string): Entry | undefined {
  return Object.entries(entries ?? {}).find(([key]) => registryOf(key) === domain)?.[1]
}

/** Keys are hosts, or addresses with a scheme and a path. */
function registryOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? ''
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? hub : host
}

function loginOf(entry: NonNullable<LoginsFile['auths']>[string] | undefined): RegistryLogin | undefined {
  if (entry?.identitytoken) return { identitytoken: entry.identitytoken }
  const [user = '', ...rest] = Buffer.from(entry?.auth ?? '', 'base64')
    .toString('utf8')
    .split(':')
  const username = entry?.username || user
  const password = entry?.password || rest.join(':')
  return username && password ? { username, password } : undefined
}
