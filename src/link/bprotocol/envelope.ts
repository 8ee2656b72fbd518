import { parseWire, type Wire } from '#api/decode/wire-json.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { recordOf, textOf } from '../go/checked.ts'

/** The wrapper of every answer: `{"error":text?,"value":object|null}`. */
export const answerOf = (value: object): Buffer => Buffer.from(JSON.stringify({ value }))
export const errorOf = (error: string): Buffer => Buffer.from(JSON.stringify({ error, value: null }))

/** The bare JSON object of a request or callback. Throws a Fault in the words of the protocol. */
export function bodyOf(payload: Uint8Array): Wire {
  try {
    return recordOf(parseWire(Buffer.from(payload).toString('utf8')), 'the message')
  } catch (error) {
    throw new Fault('BadRequest', `error decoding : ${messageOf(error)}`)
  }
}

/** What went wrong with a request, by its answer; undefined = nothing. */
export const errorIn = (payload: Uint8Array): string | undefined => textOf(bodyOf(payload).error, 'error') || undefined
