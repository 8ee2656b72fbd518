import type { LoginPolicy } from '../login-method.ts'
import type { TokenIssuer } from '../tokens.ts'
import { type Claims, claimsOfAnswers, claimsOfClient, type LoginRules, questionsOf } from './login-rules.ts'

/** Tokens by rules of our own. */
export class RulesPolicy implements LoginPolicy {
  readonly #rules: LoginRules
  readonly #tokens: TokenIssuer

  constructor(rules: LoginRules, tokens: TokenIssuer) {
    this.#rules = rules
    this.#tokens = tokens
  }

  questions(): Record<string, unknown> | undefined {
    return questionsOf(this.#rules)
  }

  async tokenOfClient(clientId: string): Promise<string | undefined> {
    return this.#tokenOf(claimsOfClient(this.#rules, clientId))
  }

  async tokenOfAnswers(answers: Readonly<Record<string, string>>): Promise<string | undefined> {
    return this.#tokenOf(await claimsOfAnswers(this.#rules, answers))
  }

  async #tokenOf(claims: Claims | undefined): Promise<string | undefined> {
    return claims && this.#tokens.issue(claims)
  }
}
