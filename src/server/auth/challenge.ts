import { createHmac, verify } from 'node:crypto'
import type { AuthMethod } from '#api/auth.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { struct, text } from '#models/shape.schema.ts'
import { type Attempt, accepted, type LoginMethod, type LoginPolicy, readMethodData, rejected } from './login-method.ts'
import { type ClientKey, readClientKey } from './public-key.ts'

const answerShape = struct('challenge', 'Response', { PhraseSignature: text, PublicKey: text })
/** A phrase is good for this window and the next. */
const windowMs = 5 * 60_000

export type ChallengeOptions = { nodeId: string; policy: LoginPolicy; secret: string; clock: Clock }

/**
 * The default login: the client signs a phrase with its own key, and the key is its name. Phrases change with time, so
 * that a recorded answer is of no use later.
 */
export class ChallengeLogin implements LoginMethod {
  readonly #options: ChallengeOptions

  constructor(options: ChallengeOptions) {
    this.#options = options
  }

  async describe(): Promise<AuthMethod> {
    const phrase = this.#phrase(this.#window())
    return { type: 'challenge', params: { InputPhrase: Buffer.from(phrase).toString('base64') } }
  }

  async authenticate(methodData: string): Promise<Attempt> {
    const { PhraseSignature = '', PublicKey = '' } = readMethodData(methodData, answerShape)
    try {
      const client = readClientKey(bytesOf(PublicKey, 'public key'))
      this.#checkSignature(client, bytesOf(PhraseSignature, 'signature'))
      const token = await this.#options.policy.tokenOfClient(client.clientId)
      return token === undefined ? rejected('signature verified but user credentials rejected') : accepted(token)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'Unauthorized') throw error
      return rejected(error.message)
    }
  }

  #checkSignature({ key }: ClientKey, signature: Buffer): void {
    for (const window of [this.#window(), this.#window() - 1]) {
      if (verify('sha256', Buffer.from(this.#phrase(window)), key, signature)) return
    }
    throw new Fault('Unauthorized', 'crypto/rsa: verification error')
  }

  #window(): number {
    return Math.floor(this.#options.clock.nowMs() / windowMs)
  }

  #phrase(window: number): string {
    const { nodeId, secret } = this.#options
    return `${nodeId}.${createHmac('sha256', secret).update(`phrase ${window}`).digest('hex').slice(0, 32)}`
  }
}

function bytesOf(base64: string, what: string): Buffer {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0) return Buffer.from(base64, 'base64')
  throw new Fault('Unauthorized', `failed to decode ${what}: no base64 text`)
}
