import { createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'

const lifeSeconds = 30 * 24 * 60 * 60
const head = base64Url('{"alg":"HS256","typ":"JWT"}')

/**
 * Tokens of the login, opaque to clients. Access is open, so a token opens nothing: it only names the client, for the
 * job's meta. An unknown or expired one counts as none.
 */
export class TokenIssuer {
  readonly #nodeId: () => Promise<string>
  readonly #secret: string
  readonly #clock: Clock
  /** Go clients repeat their token with every request. */
  readonly #known = new LRUCache<string, { clientId: string; expirySeconds: number }>({ max: 1_000 })

  constructor(nodeId: () => Promise<string>, secret: string, clock: Clock) {
    this.#nodeId = nodeId
    this.#secret = secret
    this.#clock = clock
  }

  async issue(clientId: string): Promise<string> {
    const node = await this.#nodeId()
    const iat = this.#nowSeconds()
    const claims = {
      aud: [node],
      exp: iat + lifeSeconds,
      iat,
      iss: node,
      ns: { '*': 5, [clientId]: 15 },
      sub: clientId,
    }
    const signed = `${head}.${base64Url(JSON.stringify(claims))}`
    return `${signed}.${this.#sign(signed).toString('base64url')}`
  }

  /** The client a request header `Authorization` names, when the token is ours and still good. */
  clientOf(authorization: string | undefined): string | undefined {
    if (!authorization?.startsWith('Bearer ')) return undefined
    const token = authorization.slice(7)
    if (token.length > 4_096) return undefined
    const known = this.#known.get(token) ?? this.#verify(token)
    return known && known.expirySeconds > this.#nowSeconds() ? known.clientId : undefined
  }

  #verify(token: string): { clientId: string; expirySeconds: number } | undefined {
    const [header, claims, signature, ...more] = token.split('.')
    if (header !== head || claims === undefined || signature === undefined || more.length > 0) return undefined
    const given = Buffer.from(signature, 'base64url')
    const right = this.#sign(`${header}.${claims}`)
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
    // Signed by us, so it is what `issue` wrote.
    const { sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string; exp: number }
    const known = { clientId: sub, expirySeconds: exp }
    this.#known.set(token, known)
    return known
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest()
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1_000)
  }
}

function base64Url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
