/**
 * JSON as the reference's servers write it: `<`, `>`, `&` and line separators escaped, map keys sorted, integers of any
 * size bare. Hand-built text: an answer is written once and never walked twice.
 */
const needsEscape = /["\\<>&\u2028\u2029\u0000-\u001f\ud800-\udfff]/
const html = /[<>&\u2028\u2029]/g
const htmlChars = ['<', '>', '&', '\u2028', '\u2029']
/** To look at each character of a longer one takes twenty times as long as to write it and to look for a few. */
const longText = 256
const escapeOf = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

export function goString(text: string): string {
  if (text.length < longText && !needsEscape.test(text)) return `"${text}"`
  const json = JSON.stringify(text.isWellFormed() ? text : text.toWellFormed())
  return htmlChars.some((char) => json.includes(char)) ? json.replace(html, escapeOf) : json
}

/** Any value; objects keep the order of their keys. Numbers may come as `JSON.rawJSON`. */
export const goJson = (value: unknown): string => write(value, Object.keys)

/** A Go map, its inner maps too: keys in order of their text. */
export const goMap = (map: Readonly<Record<string, unknown>>): string => write(map, sortedKeys)

/** A list of what is text already. */
export const goList = (items: readonly string[]): string => `[${items.join(',')}]`

/** A map from text to text, the commonest kind. */
export function goTextMap(map: Readonly<Record<string, string>>): string {
  let text = ''
  for (const key of sortedKeys(map)) text += `${text === '' ? '' : ','}${goString(key)}:${goString(map[key] as string)}`
  return `{${text}}`
}

export const isEmptyMap = (map: Readonly<Record<string, unknown>> | undefined): boolean => {
  for (const _ in map) return false
  return true
}

/** RFC 3339 with nanoseconds; 0 is Go's zero time. */
export function goTime(ns: bigint): string {
  if (ns === 0n) return '"0001-01-01T00:00:00Z"'
  const nanos = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '')
  const whole = new Date(Number((ns - nanos) / 1_000_000n)).toISOString().slice(0, 19)
  return `"${whole}${fraction === '' ? '' : `.${fraction}`}Z"`
}

type RawJson = { isRawJSON(value: unknown): boolean }
const isRaw = (value: object): boolean => (JSON as unknown as RawJson).isRawJSON(value)

const sortedKeys = (map: object): string[] => {
  const keys = Object.keys(map)
  return keys.length < 2 ? keys : keys.sort()
}

function write(value: unknown, keysOf: (map: object) => string[]): string {
  switch (typeof value) {
    case 'string':
      return goString(value)
    case 'bigint':
      return value.toString()
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      break
    default:
      return 'null'
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return goList(value.map((each) => write(each, keysOf)))
  if (isRaw(value)) return JSON.stringify(value)
  let text = ''
  for (const key of keysOf(value)) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined) text += `${text === '' ? '' : ','}${goString(key)}:${write(field, keysOf)}`
  }
  return `{${text}}`
}
