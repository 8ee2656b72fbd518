import { Fault } from '../fault.ts'
import { quote } from './strconv-quote.ts'

/**
 * Go's `strconv` readers. Each throws a Fault('BadRequest') whose message is Go's own
 * (`strconv.ParseInt: parsing "x": invalid syntax`).
 */

/** `strconv.ParseBool`: 1, t, T, true, True, TRUE and their opposites. */
export function parseBool(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw syntaxFault('ParseBool', text)
}

/** `strconv.ParseInt`: base 2…36, or 0 to read it from the prefix (`0x`, `0o`, `0b`, `0`) and allow underscores. `name` is the function the message names. */
export function parseInt(text: string, base = 10, bits = 64, name = 'ParseInt'): bigint {
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text
  const limit = 1n << BigInt(bits - 1)
  const size = magnitude(unsigned, base, limit, name, text)
  const isNegative = text.startsWith('-')
  if (size > limit || (size === limit && !isNegative)) throw rangeFault(name, text)
  return isNegative ? -size : size
}

/** `strconv.Atoi`: a decimal int64. */
export const atoi = (text: string): bigint => parseInt(text, 10, 64, 'Atoi')

/** `strconv.ParseUint`. */
export function parseUint(text: string, base = 10, bits = 64, name = 'ParseUint'): bigint {
  const limit = 1n << BigInt(bits)
  const size = magnitude(text, base, limit, name, text)
  if (size >= limit) throw rangeFault(name, text)
  return size
}

/** `strconv.ParseFloat` with 64 bits: decimal or hexadecimal with `p` exponent, underscores, inf, infinity, nan; overflow is an error. */
export function parseFloat(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  const plain = text.replaceAll('_', '')
  const value = /^[+-]?0x/i.test(plain) ? hexFloat(plain) : decimalFloat(plain)
  if (value === undefined || (plain !== text && !areUnderscoresRight(text))) throw syntaxFault('ParseFloat', text)
  if (!Number.isFinite(value)) throw rangeFault('ParseFloat', text)
  return value
}

/** Reads digits of a base; gives up growing beyond `limit` (the caller refuses it), so that long input stays cheap. */
function magnitude(text: string, base: number, limit: bigint, name: string, whole: string): bigint {
  const [radix, digits] = base === 0 ? prefixedBase(text) : [base, text]
  if (text === '' || (base === 0 && text.includes('_') && !areUnderscoresRight(text))) throw syntaxFault(name, whole)
  let value = 0n
  for (let at = 0; at < digits.length; at++) {
    if (digits[at] === '_' && base === 0) continue
    const digit = digitAt(digits, at)
    if (digit >= radix) throw syntaxFault(name, whole)
    if (value <= limit) value = value * BigInt(radix) + BigInt(digit)
  }
  return value
}

function prefixedBase(text: string): [number, string] {
  if (!text.startsWith('0')) return [10, text]
  const radix = ({ b: 2, o: 8, x: 16 } as Record<string, number>)[(text[1] ?? '').toLowerCase()]
  return radix !== undefined && text.length >= 3 ? [radix, text.slice(2)] : [8, text.slice(1)]
}

/** Underscores stand between digits, or between a base prefix and a digit. */
function areUnderscoresRight(text: string): boolean {
  const isHex = /^[+-]?0x/i.test(text)
  const number = text.replace(/^[+-]?0[box]/i, '0')
  return isHex ? !/(^|[^0-9a-f])_|_([^0-9a-f]|$)/i.test(number) : !/(^|[^0-9])_|_([^0-9]|$)/.test(number)
}

function decimalFloat(text: string): number | undefined {
  return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text) ? Number(text) : undefined
}

function hexFloat(text: string): number | undefined {
  const parts = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?[0-9]+)$/i.exec(text)
  const [, sign = '', whole = '', fraction = '', exponent = ''] = parts ?? []
  if (whole + fraction === '') return undefined
  const size = scaled(BigInt(`0x${whole}${fraction}`), Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -size : size
}

/** digits × 2^power rounded once, to even. */
function scaled(digits: bigint, power: number): number {
  if (digits === 0n) return 0
  const bits = digits.toString(2).length
  const top = bits + power
  if (top > 1024) return Infinity
  if (top < -1080) return 0
  const kept = Math.max(0, Math.min(53, top + 1074))
  const drop = BigInt(Math.max(0, bits - kept))
  const half = drop === 0n ? 0n : 1n << (drop - 1n)
  const rest = digits & ((1n << drop) - 1n)
  let head = digits >> drop
  if (drop > 0n && (rest > half || (rest === half && (head & 1n) === 1n))) head += 1n
  const shift = power + Number(drop)
  return shift < -1000 ? Number(head) * 2 ** -1000 * 2 ** (shift + 1000) : Number(head) * 2 ** shift
}

/** What a character is worth as a digit, 36 when it is none. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x61 + 10 : 36
}

const syntaxFault = (name: string, text: string): Fault =>
  new Fault('BadRequest', `strconv.${name}: parsing ${quote(text)}: invalid syntax`)

const rangeFault = (name: string, text: string): Fault =>
  new Fault('BadRequest', `strconv.${name}: parsing ${quote(text)}: value out of range`)
