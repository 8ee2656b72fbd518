import { assert } from '../assert.ts'
import { rawNumber } from './raw-number.ts'

export type StringifyJsonOptions = {
  /** Blanks per level; none = one line. */
  indent?: number
  /** Writes `<`, `>` and `&` as `\u003c` …, as Go does unless told otherwise. Default false. */
  escapeHtml?: boolean
}

/**
 * Writes JSON as Go does: bigints and raw numbers bare, invalid text as `\ufffd`, U+2028 and U+2029 escaped, keys in
 * the order given. Numbers that JSON does not have are a bug of the caller.
 */
export function stringifyJson(value: unknown, options: StringifyJsonOptions = {}): string {
  const text = JSON.stringify(value, bareNumbers, options.indent)
  assert(text !== undefined, 'nothing to write as JSON')
  return escaped(text, options.escapeHtml === true)
}

function bareNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawNumber(value.toString())
  if (typeof value === 'number' && (value === 0 || !Number.isFinite(value))) {
    assert(Number.isFinite(value), `JSON has no ${value}`)
    return Object.is(value, -0) ? rawNumber('-0') : value
  }
  return value
}

const html = /[<>&\u2028\u2029]/
const separators = /[\u2028\u2029]/
/** An escaped backslash is skipped, so that only real escapes of half a surrogate pair are found. */
const halfPair = /\\\\|\\ud[89a-f][0-9a-f]{2}/g

/** These characters stand only inside strings, so that the finished text can be searched for them. */
function escaped(text: string, escapesHtml: boolean): string {
  const search = escapesHtml ? html : separators
  const safe = search.test(text) ? text.replace(new RegExp(search, 'g'), escapeChar) : text
  return safe.includes('\\ud') ? safe.replace(halfPair, (match) => (match === '\\\\' ? match : '\\ufffd')) : safe
}

const escapeChar = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
