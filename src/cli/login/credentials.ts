import type { ClientOptions } from '#client/transport.ts'
import { Fault } from '#lib/fault.ts'
import type { Host } from '../host.ts'
import type { TokenPlace } from './token-file.ts'

type Server = { readonly url: string; readonly tokens: TokenPlace }
export type Who = Pick<ClientOptions, 'authorization' | 'login'>

const [keyName, userName, passwordName] = [
  'BACALHAU_API_KEY',
  'BACALHAU_API_USERNAME',
  'BACALHAU_API_PASSWORD',
] as const

/**
 * Who the user is to this server: what the environment says, else the token that the server gave. Nobody logs in before a
 * server asks: an open one is used at once.
 */
export async function credentials({ url, tokens }: Server, dataDir: string, host: Host): Promise<Who> {
  const given = givenCredentials(host.env)
  if (given !== undefined) return { authorization: () => given }
  let token = await tokens.get()
  return {
    authorization: () => token && `Bearer ${token}`,
    async login(refusal) {
      // Who is known and may not is not asked again.
      if (refusal.status === 403 && token !== undefined) return false
      const { logIn } = await import('./log-in.ts')
      if (token !== undefined) await tokens.put(undefined)
      token = undefined
      token = await logIn({ url, dataDir, host, tokens }, refusal)
      return token !== undefined
    },
  }
}

/** The header that the environment asks for. */
function givenCredentials(env: Host['env']): string | undefined {
  const [key, user, password] = [env[keyName], env[userName], env[passwordName]]
  if (key && (user || password)) {
    throw wrong(`can't use both ${keyName} and ${userName}/${passwordName} simultaneously`)
  }
  if (user && !password) throw wrong(`${userName} provided but not ${passwordName}`)
  if (password && !user) throw wrong(`${passwordName} provided but not ${userName}`)
  if (key) return `Bearer ${key}`
  return user ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : undefined
}

const wrong = (cause: string): Fault =>
  new Fault('ValidationError', `failed to create api client: authentication error: ${cause}`, { component: 'Client' })
