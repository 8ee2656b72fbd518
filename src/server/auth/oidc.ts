import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { isAction, unauthorized } from './capabilities.ts'
import { isFor, isSignedBy, type Jwt } from './jwt.ts'
import type { Holder } from './principal-of.ts'

/** How tokens of an identity provider are checked. */
export type OidcSettings = {
  readonly JWKSUri: string
  readonly Issuer: string
  readonly Audience: string
  readonly DeviceClientID: string
}

const keysLastMs = 3_600_000
/** A token with a key nobody knows makes us look again, but not at each. */
const lookAgainMs = 10_000
const fetchLimitMs = 10_000
const clockSkewSeconds = 60

/** Throws a Fault ValidationError unless all that is needed is there. */
function checkOidc(settings: OidcSettings): OidcSettings {
  const needed = ['JWKSUri', 'Issuer', 'Audience', 'DeviceClientID'] as const
  const missing = needed.filter((name) => settings[name] === '')
  const wrong = (message: string) => new Fault('ValidationError', message, { component: 'Config' })
  if (missing.length > 0) {
    throw wrong(`missing required OAuth2 fields for JWT authorization: ${missing.join(', ')}`)
  }
  if (!/^https?:$/.test(URL.parse(settings.JWKSUri)?.protocol ?? '')) {
    throw wrong(`invalid JWKS URL format: ${settings.JWKSUri}`)
  }
  return settings
}

/** Checks tokens that an identity provider signed. Its keys are fetched when the first token comes. */
export class JwtCheck {
  readonly #settings: OidcSettings
  readonly #clock: Clock
  readonly #known = new LRUCache<string, { holder: Holder; expirySeconds: number }>({ max: 1_000 })
  #keys: Promise<ReadonlyMap<string, KeyObject>> | undefined
  #fetchedAtMs = 0

  constructor(settings: OidcSettings, clock: Clock) {
    this.#settings = checkOidc(settings)
    this.#clock = clock
  }

  async holderOf(text: string, jwt: Jwt): Promise<Holder> {
    const digest = hash('sha256', text)
    const known = this.#known.get(digest)
    if (known && known.expirySeconds > this.#nowSeconds()) return known.holder
    await this.#check(jwt)
    const { sub, permissions, exp } = jwt.claims
    const actions = Array.isArray(permissions) ? permissions.map(String).filter(isAction) : []
    const holder = { name: String(sub), grants: [{ actions, namespaces: undefined }] }
    this.#known.set(digest, { holder, expirySeconds: exp as number })
    return holder
  }

  async #check(jwt: Jwt): Promise<void> {
    const { iss, exp, iat, sub } = jwt.claims
    const now = this.#nowSeconds()
    const isCurrent =
      typeof exp === 'number' &&
      exp > now &&
      (iat === undefined || (typeof iat === 'number' && iat <= now + clockSkewSeconds))
    const isOurs = iss === this.#settings.Issuer && isFor(jwt, this.#settings.Audience) && typeof sub === 'string'
    if (!isCurrent || !isOurs || !(await this.#isSigned(jwt))) throw unauthorized('invalid JWT token')
  }

  async #isSigned(jwt: Jwt): Promise<boolean> {
    const kid = String(jwt.header['kid'] ?? '')
    const age = () => this.#clock.monotonicMs() - this.#fetchedAtMs
    let keys = await this.#load(age() > keysLastMs)
    if (!keys.has(kid) && age() > lookAgainMs) keys = await this.#load(true)
    const candidates = kid === '' ? [...keys.values()] : [keys.get(kid)]
    return candidates.some((key) => key !== undefined && isSignedBy(jwt, key))
  }

  #load(isStale: boolean): Promise<ReadonlyMap<string, KeyObject>> {
    if (this.#keys && !isStale) return this.#keys
    const before = this.#keys
    this.#fetchedAtMs = this.#clock.monotonicMs()
    // While the provider is away the keys we have are good enough.
    this.#keys = fetchKeys(this.#settings.JWKSUri).catch((error: unknown) => {
      this.#keys = before
      if (before) return before
      throw new Fault('ServiceUnavailable', `cannot fetch the keys of the identity provider: ${messageOf(error)}`, {
        component: 'Authorizer',
        isRetryable: true,
        cause: error,
      })
    })
    return this.#keys
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1_000)
  }
}

type PublicJwk = { kty: string; kid?: string; use?: string; n: string; e: string }

async function fetchKeys(url: string): Promise<ReadonlyMap<string, KeyObject>> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(fetchLimitMs) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  const { keys } = (await answer.json()) as { keys: PublicJwk[] }
  const usable = keys.filter(({ kty, use }) => kty === 'RSA' && use !== 'enc')
  return new Map(usable.map((jwk) => [jwk.kid ?? '', createPublicKey({ key: jwk, format: 'jwk' })]))
}
