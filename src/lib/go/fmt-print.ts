import { bytesOfText } from './byte-text.ts'
import { type Flags, noFlags, pad } from './fmt-flags.ts'
import { formatComplex, formatFloatVerb, formatInteger } from './fmt-number.ts'
import { type GoValue, goString, goTypeName, sortedEntries } from './fmt-value.ts'
import { canBackquote, quote, quoteToAscii } from './strconv-quote.ts'

/** Go's `fmt.Sprint`: blanks between operands when neither is a string. */
export function sprint(...values: GoValue[]): string {
  let text = ''
  values.forEach((value, at) => {
    const isApart = at > 0 && value?.kind !== 'string' && values[at - 1]?.kind !== 'string'
    text += (isApart ? ' ' : '') + printValue(value, 'v', noFlags())
  })
  return text
}

/** Go's `fmt.Sprintln`: blanks between all operands, a line feed at the end. */
export const sprintln = (...values: GoValue[]): string =>
  `${values.map((value) => printValue(value, 'v', noFlags())).join(' ')}\n`

/** A value under a verb, as `fmt` prints it; a verb that does not fit gives `%!d(string=x)`. */
export function printValue(value: GoValue, verb: string, flags: Flags): string {
  if (value === null) return verb === 'T' || verb === 'v' ? pad('<nil>', flags) : badVerb(value, verb, flags)
  if (verb === 'T') return pad(cut(goTypeName(value), flags), flags)
  return formatted(value, verb, flags) ?? badVerb(value, verb, flags)
}

function formatted(value: Exclude<GoValue, null>, verb: string, flags: Flags): string | undefined {
  switch (value.kind) {
    case 'string':
      return formatString(value.text, verb, flags)
    case 'int':
      return formatInteger(value.number, verb, flags)
    case 'uint8':
      return verb === 'v' && flags.isSharpV
        ? formatInteger(value.number, 'x', { ...flags, isSharp: true })
        : formatInteger(value.number, verb, flags)
    case 'float64':
      return formatFloatVerb(value.number, verb, flags)
    case 'complex128':
      return formatComplex(value.real, value.imaginary, verb, flags)
    case 'bool':
      return verb === 't' || verb === 'v' ? pad(String(value.isTrue), flags) : undefined
    case 'map':
      return verb === 'p' ? undefined : formatMap(value.entries, verb, flags)
    case 'list':
      return verb === 'p' ? undefined : formatList(value.items, verb, flags)
  }
}

function badVerb(value: GoValue, verb: string, flags: Flags): string {
  if (value === null) return `%!${verb}(<nil>)`
  return `%!${verb}(${goTypeName(value)}=${printValue(value, 'v', flags)})`
}

function formatString(text: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.isSharpV ? formatQuoted(text, flags) : pad(cut(text, flags), flags)
    case 's':
      return pad(cut(text, flags), flags)
    case 'q':
      return formatQuoted(text, flags)
    case 'x':
      return formatHex(text, flags)
    case 'X':
      return formatHex(text, flags).toUpperCase()
    default:
      return undefined
  }
}

/** The precision of a text is a number of code points. */
const cut = (text: string, { precision }: Flags): string =>
  precision === undefined ? text : [...text].slice(0, precision).join('')

function formatQuoted(text: string, flags: Flags): string {
  const shown = cut(text, flags)
  if (flags.isSharp && canBackquote(shown)) return pad(`\`${shown}\``, flags)
  return pad(flags.isPlus ? quoteToAscii(shown) : quote(shown), flags)
}

/** The bytes in hexadecimal; the precision is a number of bytes, the space flag puts them apart. */
function formatHex(text: string, flags: Flags): string {
  const bytes = [...bytesOfText(text).subarray(0, flags.precision)].map((byte) => byte.toString(16).padStart(2, '0'))
  const prefix = flags.isSharp && bytes.length > 0 ? '0x' : ''
  return pad(prefix + bytes.join(flags.isSpace ? ` ${prefix}` : ''), flags)
}

function formatMap(entries: ReadonlyMap<string, string> | null, verb: string, flags: Flags): string {
  if (flags.isSharpV && entries === null) return 'map[string]string(nil)'
  const item = (text: string) => printValue(goString(text), verb, flags)
  const pairs = sortedEntries(entries).map(([key, value]) => `${item(key)}:${item(value)}`)
  return flags.isSharpV ? `map[string]string{${pairs.join(', ')}}` : `map[${pairs.join(' ')}]`
}

function formatList(items: readonly string[] | null, verb: string, flags: Flags): string {
  if (flags.isSharpV && items === null) return '[]string(nil)'
  const parts = (items ?? []).map((text) => printValue(goString(text), verb, flags))
  return flags.isSharpV ? `[]string{${parts.join(', ')}}` : `[${parts.join(' ')}]`
}
