import { createHmac, verify } from 'node:crypto'
import type { Authentication, AuthMethod } from '#api/auth.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { parseJson } from '#lib/json/parse.ts'
import { struct, text } from '#models/shape.schema.ts'
import { type ClientKey, readClientKey } from './public-key.ts'
import type { TokenIssuer } from './tokens.ts'

const answerShape = struct('challenge', 'Response', { PhraseSignature: text, PublicKey: text })
/** A phrase is good for this window and the next. */
const windowMs = 5 * 60_000

export type ChallengeOptions = { nodeId(): Promise<string>; tokens: TokenIssuer; secret: string; clock: Clock }
export type Attempt = { isAccepted: boolean; answer: Authentication }

/**
 * The default login: the client signs a phrase with its own key, and the key is its name. Anybody may have a key, so this
 * tells clients apart and keeps nobody out. Phrases change with time, so that a recorded answer is of no use later.
 */
export class ChallengeLogin {
  readonly #options: ChallengeOptions

  constructor(options: ChallengeOptions) {
    this.#options = options
  }

  async method(): Promise<AuthMethod> {
    const phrase = await this.#phrase(this.#window())
    return { type: 'challenge', params: { InputPhrase: Buffer.from(phrase).toString('base64') } }
  }

  /** A refusal is an answer with its reason; data that cannot be used at all is a Fault BadRequest. */
  async authenticate(methodData: string): Promise<Attempt> {
    const { PhraseSignature = '', PublicKey = '' } = readAnswer(methodData)
    try {
      const client = readClientKey(bytesOf(PublicKey, 'public key'))
      await this.#checkSignature(client, bytesOf(PhraseSignature, 'signature'))
      const token = await this.#options.tokens.issue(client.clientId)
      return { isAccepted: true, answer: { Authentication: { success: true, token } } }
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'Unauthorized') throw error
      return { isAccepted: false, answer: { Authentication: { success: false, reason: error.message } } }
    }
  }

  async #checkSignature({ key }: ClientKey, signature: Buffer): Promise<void> {
    for (const window of [this.#window(), this.#window() - 1]) {
      if (verify('sha256', Buffer.from(await this.#phrase(window)), key, signature)) return
    }
    throw new Fault('Unauthorized', 'crypto/rsa: verification error')
  }

  #window(): number {
    return Math.floor(this.#options.clock.nowMs() / windowMs)
  }

  async #phrase(window: number): Promise<string> {
    const { nodeId, secret } = this.#options
    return `${await nodeId()}.${createHmac('sha256', secret).update(`phrase ${window}`).digest('hex').slice(0, 32)}`
  }
}

/** Base64 of a JSON object with a signature and a key. */
function readAnswer(methodData: string): { PhraseSignature?: string; PublicKey?: string } {
  try {
    return answerShape.decode(parseJson(Buffer.from(methodData, 'base64')) ?? {})
  } catch (error) {
    throw new Fault('BadRequest', `invalid authentication data: ${messageOf(error)}`, { component: 'APIServer' })
  }
}

function bytesOf(base64: string, what: string): Buffer {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0) return Buffer.from(base64, 'base64')
  throw new Fault('Unauthorized', `failed to decode ${what}: no base64 text`)
}
