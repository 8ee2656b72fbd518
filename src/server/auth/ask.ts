import type { AuthMethod } from '#api/auth.ts'
import { textMap } from '#models/shape.schema.ts'
import type { LoginLimit } from './login-limit.ts'
import { type Attempt, accepted, type LoginMethod, type LoginPolicy, readMethodData, rejected } from './login-method.ts'

/** A login by questions that the client asks its user: a secret, a name and a password. */
export class AskLogin implements LoginMethod {
  readonly #policy: LoginPolicy
  readonly #limit: LoginLimit

  constructor(policy: LoginPolicy, limit: LoginLimit) {
    this.#policy = policy
    this.#limit = limit
  }

  async describe(): Promise<AuthMethod> {
    return { type: 'ask', params: this.#policy.questions() ?? {} }
  }

  async authenticate(methodData: string, address: string): Promise<Attempt> {
    const answers = readMethodData(methodData, textMap)
    this.#limit.take(address)
    const token = await this.#policy.tokenOfAnswers(answers)
    if (token === undefined) return rejected('credentials rejected')
    this.#limit.giveBack(address)
    return accepted(token)
  }
}
