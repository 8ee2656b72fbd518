import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import { isFor, isSignedBy, type Jwt, readJwt, signJwt } from './jwt.ts'
import type { Claims } from './policy/login-rules.ts'

/** Where the key that signs tokens is kept; without a place it lasts as long as the process. */
export type KeyPlace = { pem: string | undefined; keep(pem: string): Promise<void> }

/** What a token that is still good says. */
export type Known = {
  clientId: string | undefined
  namespaces: Readonly<Record<string, number>>
  expirySeconds: number
}

const lifeSeconds = 30 * 24 * 60 * 60
/** A later one is in microseconds, as the policies of release 1.4 write it. */
const latestSeconds = 1e11
const makeKey = promisify(generateKeyPair)
const rsaBits = 2_048

/**
 * Tokens of the login, opaque to clients. On an open server a token opens nothing: it only names the client, for the
 * job's meta. An unknown or expired one counts as none. The key is made when the first token is.
 */
export class TokenIssuer {
  readonly nodeId: string
  readonly #place: KeyPlace
  readonly #clock: Clock
  /** Go clients repeat their token with every request. */
  readonly #known = new LRUCache<string, Known>({ max: 1_000 })
  #privateKey: Promise<KeyObject> | undefined
  #publicKey: KeyObject | undefined

  constructor(nodeId: string, place: KeyPlace, clock: Clock) {
    this.nodeId = nodeId
    this.#place = place
    this.#clock = clock
    if (place.pem === undefined) return
    const key = createPrivateKey(place.pem)
    this.#privateKey = Promise.resolve(key)
    this.#publicKey = createPublicKey(key)
  }

  async issue({ sub, ns }: Claims): Promise<string> {
    const iss = this.nodeId
    const iat = this.#nowSeconds()
    const claims = { aud: [iss], exp: iat + lifeSeconds, iat, iss, ns, ...(sub === undefined ? {} : { sub }) }
    return signJwt(claims, await this.key())
  }

  /** Who a request header `Authorization` names, when the token is ours and still good. */
  knownBy(authorization: string | undefined): Known | undefined {
    if (!authorization?.startsWith('Bearer ')) return undefined
    const token = authorization.slice(7)
    const known = this.#known.get(token) ?? this.#verified(token)
    return known && known.expirySeconds > this.#nowSeconds() ? known : undefined
  }

  /** The key that signs; policies of users sign with it too. */
  key(): Promise<KeyObject> {
    this.#privateKey ??= this.#make()
    return this.#privateKey
  }

  async #make(): Promise<KeyObject> {
    const { privateKey, publicKey } = await makeKey('rsa', { modulusLength: rsaBits })
    await this.#place.keep(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    this.#publicKey = publicKey
    return privateKey
  }

  #verified(token: string): Known | undefined {
    if (this.#publicKey === undefined) return undefined
    const jwt = readJwt(token)
    if (!jwt || !isSignedBy(jwt, this.#publicKey)) return undefined
    const known = knownIn(jwt, this.nodeId)
    if (known) this.#known.set(token, known)
    return known
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1_000)
  }
}

/** Signed by us; but a policy of a user may have written it. */
function knownIn(jwt: Jwt, issuer: string): Known | undefined {
  const { sub, exp, iss, ns } = jwt.claims
  if (iss !== issuer || !isFor(jwt, issuer)) return undefined
  if (typeof exp !== 'number' || typeof ns !== 'object' || ns === null) return undefined
  const namespaces = Object.entries(ns).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  return {
    clientId: typeof sub === 'string' ? sub : undefined,
    namespaces: Object.fromEntries(namespaces),
    expirySeconds: exp > latestSeconds ? exp / 1_000_000 : exp,
  }
}
