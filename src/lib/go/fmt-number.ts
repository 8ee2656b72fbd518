import { type Flags, pad, padWithBlanks } from './fmt-flags.ts'
import { formatBinaryFloat } from './strconv-binary-float.ts'
import { type FloatFormat, formatFloat } from './strconv-float.ts'
import { isPrintable, quoteRune } from './strconv-quote.ts'

/** An integer under an integer verb; undefined when the verb is none. */
export function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
    case 'd':
      return digits(value, 10, flags)
    case 'b':
      return digits(value, 2, flags)
    case 'o':
    case 'O':
      return digits(value, 8, flags, verb === 'O' ? '0o' : '')
    case 'x':
      return digits(value, 16, flags)
    case 'X':
      return digits(value, 16, flags).toUpperCase()
    case 'c':
      return pad(character(value), flags)
    case 'q':
      return pad(quoteRune(runeOf(value), flags.isPlus), flags)
    case 'U':
      return padWithBlanks(unicode(BigInt.asUintN(64, value), flags), flags)
    default:
      return undefined
  }
}

const prefixes: Record<number, string> = { 2: '0b', 8: '0', 16: '0x' }

function digits(value: bigint, base: 2 | 8 | 10 | 16, flags: Flags, prefix = ''): string {
  if (flags.precision === 0 && value === 0n) return padWithBlanks('', flags)
  const isSigned = value < 0n || flags.isPlus || flags.isSpace
  const room = flags.isZero && !flags.isMinus ? (flags.width ?? 0) - Number(isSigned) : 0
  let text = (value < 0n ? -value : value).toString(base).padStart(flags.precision ?? room, '0')
  if (flags.isSharp && base !== 10 && !(base === 8 && text.startsWith('0'))) text = prefixes[base] + text
  const sign = value < 0n ? '-' : flags.isPlus ? '+' : flags.isSpace ? ' ' : ''
  return padWithBlanks(sign + prefix + text, flags)
}

/** What is no code point becomes one that quotes and prints as U+FFFD. */
const runeOf = (value: bigint): number => (value < 0n || value > 0x10ffffn ? 0xfffd : Number(value))

function character(value: bigint): string {
  const code = runeOf(value)
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
}

function unicode(value: bigint, flags: Flags): string {
  const text = `U+${value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0')}`
  if (!flags.isSharp || value > 0x10ffffn) return text
  const char = character(value)
  return char.codePointAt(0) === Number(value) && isPrintable(char) ? `${text} '${char}'` : text
}

const defaultPrecision: Record<string, number> = { e: 6, E: 6, f: 6, F: 6 }

/** A float under a float verb; undefined when the verb is none. */
export function formatFloatVerb(value: number, verb: string, flags: Flags): string | undefined {
  if (!/^[vbgGxXfFeE]$/.test(verb)) return undefined
  const precision = flags.precision ?? defaultPrecision[verb] ?? -1
  const plain = plainFloat(value, verb, precision)
  const isPositive = !/^[-+]/.test(plain)
  const unsigned = isPositive ? plain : plain.slice(1)
  const sign = isPositive || plain.startsWith('+') ? (flags.isPlus ? '+' : flags.isSpace ? ' ' : '') : '-'
  if (unsigned === 'Inf') return padWithBlanks((sign === '' && flags.isSharpV ? '+' : sign || '+') + unsigned, flags)
  if (unsigned === 'NaN') return padWithBlanks(sign + unsigned, flags)
  const shown = flags.isSharp && verb !== 'b' ? withPoint(unsigned, verb, precision) : unsigned
  const isFilled = sign !== '' && flags.isZero && !flags.isMinus && flags.width !== undefined
  if (isFilled) return sign + pad(shown, { ...flags, width: (flags.width as number) - 1 })
  return pad(sign + shown, flags)
}

function plainFloat(value: number, verb: string, precision: number): string {
  if (verb === 'b' || verb === 'x' || verb === 'X') return formatBinaryFloat(value, verb, precision)
  const format = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb
  return formatFloat(value, format as FloatFormat, precision)
}

/** The sharp flag: always a point, and for %g the zeros that would be dropped. */
function withPoint(text: string, verb: string, precision: number): string {
  const isHex = verb === 'x' || verb === 'X'
  const tailAt = text.search(isHex ? /[pP]/ : /[eE]/)
  let number = tailAt < 0 ? text : text.slice(0, tailAt)
  const tail = tailAt < 0 ? '' : text.slice(tailAt)
  const wanted = /[vgGx]/.test(verb) ? (precision === -1 ? 6 : precision) : 0
  const significant = number.replace('.', '').replace(/^0+/, '').length
  let missing = wanted - significant
  if (!number.includes('.')) {
    if (number === '0') missing--
    number += '.'
  }
  return number + '0'.repeat(Math.max(missing, 0)) + tail
}

/** `(1+2i)` under a float verb; undefined when the verb is none. */
export function formatComplex(real: number, imaginary: number, verb: string, flags: Flags): string | undefined {
  const left = formatFloatVerb(real, verb, flags)
  const right = formatFloatVerb(imaginary, verb, { ...flags, isPlus: true })
  return left === undefined || right === undefined ? undefined : `(${left}${right}i)`
}
