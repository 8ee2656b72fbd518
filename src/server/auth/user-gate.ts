import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { lacking, neededCapability, unauthorized } from './capabilities.ts'
import { readJwt } from './jwt.ts'
import type { LoginLimit } from './login-limit.ts'
import type { JwtCheck } from './oidc.ts'
import { Passwords } from './passwords.ts'
import { type Holder, hasCapability, principalOf } from './principal-of.ts'
import type { Asked, Gate, Principal } from './rights.ts'
import type { User } from './users.ts'

const mostKnown = 1_000
const anybody: Principal = { isKnown: false, name: undefined, rights: undefined }

/** Lets in the users of the configuration by password or key, and whom the identity provider vouches for. */
export class UserGate implements Gate {
  readonly readsBody = false
  readonly #byUsername = new Map<string, User>()
  readonly #byKey = new Map<string, User>()
  readonly #passwords: Passwords
  readonly #jwt: JwtCheck | undefined
  readonly #limit: LoginLimit
  /** Logins that were right, by the digest of what was shown: a comparison of hashes is slow on purpose. */
  readonly #known = new LRUCache<string, User>({ max: mostKnown })

  constructor(users: readonly User[], jwt: JwtCheck | undefined, limit: LoginLimit) {
    for (const user of users) {
      if (user.login) this.#byUsername.set(user.login.username.toLowerCase(), user)
      if (user.apiKey !== undefined) this.#byKey.set(digest(user.apiKey), user)
    }
    this.#passwords = new Passwords(users.flatMap(({ login }) => login?.password ?? []))
    this.#jwt = jwt
    this.#limit = limit
  }

  async admit({ method, route, headers, address }: Asked): Promise<Principal> {
    const needed = neededCapability(method, route)
    if (needed === undefined) return anybody
    const holder = await this.#holderOf(headers['authorization'] as string | undefined, address)
    if (!hasCapability(holder, needed)) throw lacking(holder.name, needed)
    return principalOf(holder)
  }

  async #holderOf(authorization: string | undefined, address: string): Promise<Holder> {
    if (!authorization) throw unauthorized('Missing Authorization header')
    const [scheme, shown] = split(authorization)
    if (scheme === 'Basic') return this.#known.get(digest(shown)) ?? this.#byPassword(shown, address)
    if (scheme === 'Bearer') return this.#byKey.get(digest(shown)) ?? this.#byToken(shown, address)
    throw unauthorized('unsupported authentication method')
  }

  async #byPassword(shown: string, address: string): Promise<User> {
    const [username, password] = credentialsIn(shown)
    this.#limit.take(address)
    const user = this.#byUsername.get(username.toLowerCase())
    const isRight = await this.#passwords.isRight(user?.login?.password, password)
    if (!user || !isRight) throw unauthorized('invalid basic auth credentials')
    this.#limit.giveBack(address)
    this.#known.set(digest(shown), user)
    return user
  }

  async #byToken(shown: string, address: string): Promise<Holder> {
    if (shown === '') throw unauthorized('empty API key provided')
    const jwt = readJwt(shown)
    if (jwt && this.#jwt) return this.#jwt.holderOf(shown, jwt)
    if (jwt) throw unauthorized('OAuth2 authentication not configured on server')
    this.#limit.take(address)
    throw unauthorized('invalid API key')
  }
}

function credentialsIn(shown: string): [username: string, password: string] {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(shown) || shown.length % 4 !== 0) {
    throw unauthorized('failed to decode basic auth credentials')
  }
  const text = Buffer.from(shown, 'base64').toString('utf8')
  const at = text.indexOf(':')
  if (at < 0) throw unauthorized('invalid basic auth credentials format')
  return [text.slice(0, at), text.slice(at + 1)]
}

const digest = (secret: string): string => hash('sha256', secret)

function split(authorization: string): [string, string] {
  const at = authorization.indexOf(' ')
  return at < 0 ? [authorization, ''] : [authorization.slice(0, at), authorization.slice(at + 1).trim()]
}
