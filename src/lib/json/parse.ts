import { textOfBytes } from '../go/byte-text.ts'
import { hasEscapedKey, mayHaveEqualKeys, objectOfMembers } from './members.ts'
import { type RawNumber, rawNumber } from './raw-number.ts'
import { type JsonMaker, JsonReader, maxDepth } from './reader.ts'

export type ParseJsonOptions = {
  /** Whatever follows the first value is ignored, as Go's stream decoder does with bodies. Default: it is refused. */
  ignoresTrailing?: boolean
  /**
   * Numbers that would be written differently (`1.0`, `1e3`) become raw JSON, so that stringifyJson gives back their
   * source text, and readers can tell `1.0` from `1`, as Go does where it wants an integer.
   */
  keepsText?: boolean
}

/** What JSON.parse would get wrong: long digit runs, halves of surrogate pairs, exponents that may overflow. */
const needsReader = /[0-9]{16}|\\u[dD][89a-fA-F]|[0-9][eE]\+?[0-9]{3}/
/** Members and elements that look like numbers with another shape than JavaScript's own. */
const oddNumber = /(?:"[ \t\r\n]*:|[[,])[ \t\r\n]*(?:-?[0-9]+[.eE]|-0)/

/**
 * Reads JSON as Go does: integers are numbers while safe and bigints up to 64 bits, numbers beyond any float are raw JSON,
 * invalid UTF-8 becomes U+FFFD, the last of several equal keys counts (`eachMember` knows the others).
 * Throws Fault('BadRequest') with Go's sentence; its `cause` is a JsonSyntaxMistake.
 */
export function parseJson(source: string | Uint8Array, options: ParseJsonOptions = {}): unknown {
  const text = typeof source === 'string' ? source : decode(source)
  if (isPlain(text, options)) {
    try {
      const value = JSON.parse(text)
      if (!mayHaveEqualKeys(text, value)) return value
    } catch {
      // The reader says what is wrong, or ignores what follows the first value.
    }
  }
  return new JsonReader(text, plainMaker(options)).read(options.ignoresTrailing !== true)
}

function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  // U+FFFD stands in the bytes or for several of them; Go counts each alone.
  return text.includes('\ufffd') ? textOfBytes(bytes) : text
}

function isPlain(text: string, options: ParseJsonOptions): boolean {
  if (needsReader.test(text) || !text.isWellFormed()) return false
  if (options.keepsText && oddNumber.test(text)) return false
  return !hasEscapedKey(text) && !isDeep(text)
}

/** Whether brackets may nest deeper than the reader allows; those inside strings are counted too. */
function isDeep(text: string): boolean {
  if (text.length < 2 * maxDepth || countUpTo(text, '[', maxDepth) + countUpTo(text, '{', maxDepth) <= maxDepth)
    return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at) | 0x20
    if (char === 0x7b && ++depth > maxDepth) return true
    if (char === 0x7d) depth--
  }
  return false
}

function countUpTo(text: string, char: string, limit: number): number {
  let count = 0
  for (let at = text.indexOf(char); at !== -1 && count <= limit; at = text.indexOf(char, at + 1)) count++
  return count
}

const plainMaker = ({ keepsText }: ParseJsonOptions): JsonMaker<unknown> => ({
  literal: (value) => value,
  text: (value) => value,
  number: keepsText ? exactNumber : plainNumber,
  array: (items) => items,
  object: objectOfMembers,
})

/** The number a source text means: a bigint when it is an integer of 64 bits that a float cannot hold. */
function plainNumber(source: string): number | bigint | RawNumber {
  const value = Number(source)
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value
  if (/^-?[0-9]{1,20}$/.test(source) && !/^-0/.test(source)) {
    const integer = BigInt(source)
    if (integer >= -(2n ** 63n) && integer < 2n ** 64n) return integer
  }
  return Number.isFinite(value) ? value : rawNumber(source)
}

function exactNumber(source: string): number | bigint | RawNumber {
  const value = plainNumber(source)
  return typeof value !== 'object' && String(value) === source ? value : rawNumber(source)
}
