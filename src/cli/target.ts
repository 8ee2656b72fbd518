import type { Loaded } from '#config/load.ts'
import type { Settings } from '#config/tree.ts'
import { parseDuration } from '#lib/duration.ts'
import { Fault } from '#lib/fault.ts'
import type { Host } from './host.ts'
import { TokenFile, type TokenPlace } from './login/token-file.ts'
import { currentProfile } from './profiles/current.ts'
import type { Profile } from './profiles/profile.ts'
import { warn } from './tell.ts'

/** The server a command talks to. */
export type Target = {
  readonly url: string
  readonly tokens: TokenPlace
  readonly isInsecure: boolean
  readonly timeoutMs: number | undefined
}

/**
 * An address that was given, wherever; else the profile that was asked for by `--profile` or BACALHAU_PROFILE; else the
 * current profile; else this machine. A profile that is asked for must be there.
 */
export async function targetOf(loaded: Loaded, flag: string, host: Host): Promise<Target> {
  const { API, DataDir } = loaded.settings
  const given = ['API.Host', 'API.Port'].map(loaded.originOf).find(({ layer }) => layer !== 'default')
  const asked = flag || host.env.BACALHAU_PROFILE || undefined
  const name = asked ?? (given ? undefined : await currentProfile(DataDir))
  const profile = name === undefined ? undefined : await profileOf(name, DataDir, host)
  if (given && flag !== '') {
    warn(host.stderr, `the profile "${flag}" is not used: ${given.as} says where the server is`)
  }
  const tokens = (url: string): TokenPlace =>
    fileTokens(url, new TokenFile(DataDir, host.disk, (text) => warn(host.stderr, text)))
  if (name === undefined || profile === undefined || given) {
    const url = apiUrl(API)
    if (!URL.canParse(url)) throw new Fault('ValidationError', `"${API.Host}" is no address of a server`)
    return { url, tokens: tokens(url), isInsecure: API.TLS.Insecure, timeoutMs: undefined }
  }
  const target = addressOf(profile, API)
  return { ...target, tokens: profile.token === '' ? tokens(target.url) : profileTokens(name, profile, DataDir, host) }
}

const fileTokens = (url: string, file: TokenFile): TokenPlace => ({
  get: () => file.tokenFor(url),
  put: (token) => file.put(url, token),
})

/** A profile that came with a token keeps its next one too. */
const profileTokens = (name: string, { token }: Profile, dataDir: string, host: Host): TokenPlace => ({
  get: async () => token,
  async put(next) {
    const { Profiles } = await import('./profiles/profiles.ts')
    await new Profiles(dataDir, host).save(name, { token: next ?? '' })
  },
})

async function profileOf(name: string, dataDir: string, host: Host): Promise<Profile> {
  const { Profiles } = await import('./profiles/profiles.ts')
  return new Profiles(dataDir, host).load(name)
}

const addressOf = ({ endpoint, isInsecure, timeout }: Profile, API: Settings['API']): Omit<Target, 'tokens'> => ({
  url: endpointUrl(endpoint, { ...API, TLS: { ...API.TLS, Insecure: API.TLS.Insecure || isInsecure } }),
  isInsecure: isInsecure || API.TLS.Insecure,
  timeoutMs: timeout === '' ? undefined : Number(parseDuration(timeout) / 1_000_000n),
})

/** A URL as it is; else a host with its port, or the usual one. */
function endpointUrl(endpoint: string, API: Settings['API']): string {
  if (/^https?:\/\//.test(endpoint)) return new URL(endpoint).origin
  const [, name = endpoint, port] = /^(.*):(\d+)$/.exec(endpoint) ?? []
  return apiUrl({ ...API, Host: name, Port: port === undefined ? API.Port : Number(port) })
}

/** Any address of the server, a URL too; 0.0.0.0 is this machine. Naming what to trust means TLS. */
function apiUrl({ Host, Port, TLS }: Settings['API']): string {
  if (/^https?:\/\//.test(Host)) return withPort(new URL(Host), Port)
  const scheme = TLS.UseTLS || TLS.CAFile !== '' || TLS.Insecure ? 'https' : 'http'
  const name = Host === '0.0.0.0' || Host === '' ? '127.0.0.1' : Host
  return `${scheme}://${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${Port}`
}

const withPort = (url: URL, port: number): string => {
  if (url.port === '' && !/:\d+$/.test(url.origin)) url.port = String(port)
  return url.origin
}
