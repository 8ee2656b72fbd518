import { bindFault } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { byteLength } from '#lib/go/byte-text.ts'
import { parseJson } from '#lib/json/parse.ts'
import { type JsonMaker, JsonReader, type JsonSyntaxMistake } from '#lib/json/reader.ts'
import { mostTold } from '#models/problem.ts'
import { Mismatch, Misread, type Shape } from '#models/shape.schema.ts'
import { goSentence, misreadProblems } from '#models/shape-fault.schema.ts'
import { strangeFields } from '#models/strange-fields.schema.ts'
import { advice } from './advice.ts'
import { wrongMediaType } from './route-faults.ts'

export type RequestBody = { text: string; contentType: string }

/**
 * Reads a JSON body by its shape; undefined when there is none (or it is null). Throws a Fault BadRequest in the words of
 * the reference's framework, with the field and the place in bytes. Names that mean nothing go into `strangers`.
 */
export function readBody<Value>(
  body: RequestBody | undefined,
  shape: Shape<Value>,
  strangers?: (string | number)[][],
): Value | undefined {
  if (body === undefined || body.text === '') return undefined
  if (!body.contentType.startsWith('application/json')) throw wrongMediaType()
  const value = parsed(body.text)
  if (value === null) return undefined
  try {
    const notes = { hasStrangers: false }
    const decoded = shape.decode(value, undefined, notes)
    if (notes.hasStrangers) strangers?.push(...strangeFields(value, shape).slice(0, mostTold))
    return decoded
  } catch (error) {
    if (!(error instanceof Misread)) throw error
    const options = { component: 'APIServer', ...advice(misreadProblems(error), shape) }
    throw new Fault('BadRequest', sentenceOf(error, body.text), options)
  }
}

/** Only the first value counts, as in Go's stream reader. */
function parsed(text: string): unknown {
  try {
    return parseJson(text, { ignoresTrailing: true, keepsText: true })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.message === 'unexpected end of JSON input') throw bindFault(text.trim() === '' ? 'EOF' : 'unexpected EOF')
    const mistake = error.cause as JsonSyntaxMistake | undefined
    if (mistake?.kind !== 'syntax') throw bindFault(error.message)
    const sentence = `Syntax error: offset=${mistake.offset}, error=${error.message}`
    throw new Fault('BadRequest', framed(sentence, error.message), { component: 'APIServer' })
  }
}

function sentenceOf(misread: Misread, text: string): string {
  if (!(misread instanceof Mismatch)) return bindFault(misread.message).message
  const { goType, kind, fields, path } = misread
  // Where Go wants any float, it has looked at one byte more.
  const offset = offsetOf(text, path) + (goType === 'float64' ? 1 : 0)
  const where = `field=${fields.join('.')}, offset=${offset}`
  return framed(`Unmarshal type error: expected=${goType}, got=${kind}, ${where}`, goSentence(misread))
}

/** As the reference's framework puts what it says. */
const framed = (sentence: string, internal: string): string => `code=400, message=${sentence}, internal=${internal}`

type Place = { start: number; end: number; keys?: string[]; values?: Place[] }

/** Where every value of a text stands. */
const places: JsonMaker<Place> = {
  literal: (_value, start, end) => ({ start, end }),
  text: (_value, start, end) => ({ start, end }),
  number: (_source, start, end) => ({ start, end }),
  array: (values, start) => ({ start, end: start + 1, values }),
  object: (keys, values, start) => ({ start, end: start + 1, keys, values }),
}

/** How many bytes Go has read when it finds the value wrong: to the end of a plain one, to the bracket of the others. */
function offsetOf(text: string, path: readonly (string | number)[]): number {
  let place: Place | undefined = new JsonReader(text, places).read(false)
  for (const step of path) {
    place = place?.values?.[typeof step === 'number' ? step : (place.keys?.indexOf(step) ?? -1)]
  }
  return byteLength(text.slice(0, place?.end ?? 0))
}
