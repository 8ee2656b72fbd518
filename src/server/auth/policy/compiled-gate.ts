import { createPublicKey } from 'node:crypto'
import type { Asked, Gate, Principal } from '../rights.ts'
import type { TokenIssuer } from '../tokens.ts'
import type { OpaModule } from './opa-module.ts'
import { accessDenied, invalidToken } from './refusals.ts'

const [allow, tokenValid] = ['bacalhau/authz/allow', 'bacalhau/authz/token_valid']

/** Access by a compiled policy of the operator, which sees each request whole. */
export class CompiledGate implements Gate {
  readonly readsBody = true
  readonly #policy: OpaModule
  readonly #tokens: TokenIssuer
  #keys: string | undefined

  constructor(policy: OpaModule, tokens: TokenIssuer) {
    policy.needEntry(allow)
    this.#policy = policy
    this.#tokens = tokens
  }

  async admit(asked: Asked): Promise<Principal> {
    const input = { http: httpOf(asked), constraints: await this.#constraints() }
    if (this.#policy.evaluate(allow, input) === true) {
      const known = this.#tokens.knownBy(asked.headers['authorization'] as string | undefined)
      return { isKnown: known !== undefined, name: known?.clientId, rights: undefined }
    }
    const isValid = !this.#policy.has(tokenValid) || this.#policy.evaluate(tokenValid, input) === true
    throw isValid ? accessDenied() : invalidToken()
  }

  /** How to check tokens of ours. */
  async #constraints(): Promise<{ cert: string; iss: string; aud: string }> {
    const { nodeId } = this.#tokens
    this.#keys ??= JSON.stringify({ keys: [createPublicKey(await this.#tokens.key()).export({ format: 'jwk' })] })
    return { cert: this.#keys, iss: nodeId, aud: nodeId }
  }
}

function httpOf({ method, url, headers, body = '' }: Asked) {
  const { pathname, searchParams } = new URL(url, 'http://unknown')
  const query = Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]))
  return {
    host: headers['host'] ?? '',
    method,
    path: decoded(pathname).replace(/^\/+/, '').split('/'),
    query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [canonical(name), [value].flat()])),
    body,
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** As Go writes names of headers: `X-Request-Id`. */
const canonical = (name: string): string => name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())
