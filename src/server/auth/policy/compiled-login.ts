import type { LoginPolicy } from '../login-method.ts'
import type { TokenIssuer } from '../tokens.ts'
import type { OpaModule } from './opa-module.ts'

const [tokenRule, schemaRule] = ['bacalhau/authn/token', 'bacalhau/authn/schema']

/** Tokens by a compiled policy of the operator, which signs them itself. */
export class CompiledLogin implements LoginPolicy {
  readonly #policy: OpaModule
  readonly #tokens: TokenIssuer

  constructor(policy: OpaModule, tokens: TokenIssuer) {
    policy.needEntry(tokenRule)
    this.#policy = policy
    this.#tokens = tokens
  }

  questions(): Record<string, unknown> | undefined {
    if (!this.#policy.has(schemaRule)) return undefined
    return this.#policy.evaluate(schemaRule, {}) as Record<string, unknown> | undefined
  }

  tokenOfClient(clientId: string): Promise<string | undefined> {
    return this.#tokenFor({ clientId })
  }

  tokenOfAnswers(ask: Readonly<Record<string, string>>): Promise<string | undefined> {
    return this.#tokenFor({ ask })
  }

  async #tokenFor(who: object): Promise<string | undefined> {
    const signingKey = (await this.#tokens.key()).export({ format: 'jwk' })
    const token = this.#policy.evaluate(tokenRule, { ...who, nodeId: this.#tokens.nodeId, signingKey })
    return typeof token === 'string' && token !== '' ? token : undefined
  }
}
