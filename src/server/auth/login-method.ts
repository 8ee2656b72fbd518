import type { Authentication, AuthMethod } from '#api/auth.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { parseJson } from '#lib/json/parse.ts'
import type { Shape } from '#models/shape.schema.ts'

export type Attempt = { isAccepted: boolean; answer: Authentication }

/** A way to get a token. */
export interface LoginMethod {
  /** What a client needs to know to log in by it. */
  describe(): Promise<AuthMethod>
  /** A refusal is an answer with its reason; data that cannot be used at all is a Fault BadRequest. */
  authenticate(methodData: string, address: string): Promise<Attempt>
}

/** Who gets which token; undefined = none. */
export interface LoginPolicy {
  /** A JSON Schema of what to ask; undefined = nothing. */
  questions(): Record<string, unknown> | undefined
  tokenOfClient(clientId: string): Promise<string | undefined>
  tokenOfAnswers(answers: Readonly<Record<string, string>>): Promise<string | undefined>
}

export const accepted = (token: string): Attempt => ({
  isAccepted: true,
  answer: { Authentication: { success: true, token } },
})
export const rejected = (reason: string): Attempt => ({
  isAccepted: false,
  answer: { Authentication: { success: false, reason } },
})

/** Base64 of a JSON document. */
export function readMethodData<Value>(methodData: string, shape: Shape<Value>): Value {
  try {
    return shape.decode(parseJson(Buffer.from(methodData, 'base64')) ?? {})
  } catch (error) {
    throw new Fault('BadRequest', `invalid authentication data: ${messageOf(error)}`, { component: 'APIServer' })
  }
}
