import { parseDuration } from '#lib/duration.ts'
import { Fault } from '#lib/fault.ts'
import type { Kind, Leaf } from './leaf.ts'
import { printableValue } from './printable.ts'

/**
 * The value of a setting from what was given for it: text, or what YAML made of it.
 * Throws a Fault (ValidationError, component `Config`) that names the key, in the words clients know.
 */
export function cast(leaf: Leaf<any>, path: string, given: unknown): unknown {
  const value = given === null || given === undefined ? leaf.fallback : casts[leaf.kind](path.toLowerCase(), given)
  if (hasNul(value)) throw wrong(`config key: "${path.toLowerCase()}": a NUL character cannot be in it`)
  const wanted = leaf.choices?.find((choice) => choice.toLowerCase() === String(value).toLowerCase())
  if (leaf.choices && wanted === undefined) throw notOneOf(leaf, path, value)
  const problem = leaf.problem?.(value)
  if (problem !== undefined) {
    const received = String(printableValue(leaf, value))
    throw wrong(`config key: "${path.toLowerCase()}": ${problem}, received: "${received}"`, leaf.hint)
  }
  return wanted ?? value
}

/** No path, address or name of the system can hold one. */
const hasNul = (value: unknown): boolean =>
  typeof value === 'string' ? value.includes('\0') : Array.isArray(value) && value.some(hasNul)

export const isSameValue = (a: unknown, b: unknown): boolean => comparable(a) === comparable(b)

const comparable = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each))

const casts: Record<Kind, (path: string, given: unknown) => unknown> = {
  text: (path, given) => (isScalar(given) ? String(given) : fail(path, 'a text', given)),
  boolean: (path, given) => {
    if (typeof given === 'boolean') return given
    const known = typeof given === 'string' ? booleans[given] : undefined
    return known ?? fail(path, 'a boolean', given, "Accepted formats: 'true' or 'false'")
  },
  integer: (path, given) => wholeNumber(given) ?? fail(path, 'an integer', given, integerHint),
  unsigned: (path, given) => {
    const number = wholeNumber(given)
    return number !== undefined && number >= 0 ? number : fail(path, 'a positive integer', given, integerHint)
  },
  duration: (path, given) => {
    if (typeof given === 'bigint') return given
    if (given === 0) return 0n
    try {
      return parseDuration(String(given))
    } catch {
      return fail(path, 'a valid duration', given, durationHint)
    }
  },
  list: (path, given) => {
    if (Array.isArray(given)) return given.every(isScalar) ? given.map(String) : fail(path, 'a list of texts', given)
    return isScalar(given) ? listOf(String(given)) : fail(path, 'a list', given)
  },
  map: (path, given) => {
    if (Array.isArray(given)) return pairsOf(given.map(String))
    if (typeof given !== 'object' || given === null) return pairsOf(String(given).split(','))
    const entries = Object.entries(given)
    if (!entries.every(([, value]) => isScalar(value))) return fail(path, 'a map of texts', given)
    return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]))
  },
  data: (path, given) =>
    typeof given === 'object'
      ? given
      : fail(path, 'a structure', given, 'Write it as YAML or JSON, or into a configuration file.'),
}

const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'T', 'true', 'True', 'TRUE'].map((word) => [word, true]),
  ...['0', 'f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, false]),
])

/** Undefined for what is no whole number that counts exactly. */
function wholeNumber(given: unknown): number | undefined {
  const number = typeof given === 'string' && /^[+-]?\d+$/.test(given) ? Number(given) : given
  const isWhole = typeof number === 'bigint' || Number.isSafeInteger(number)
  return isWhole && Number.isSafeInteger(Number(number)) ? Number(number) : undefined
}

/** `a,b`; nothing for ''. */
function listOf(text: string): string[] {
  if (text === '') return []
  const items = text.split(',')
  if (/[;\s]/.test(text)) throw wrong(`invalid separator in string slice '${text}', only comma (,) is allowed`)
  const empty = items.indexOf('')
  if (empty >= 0) throw wrong(`empty token found at position ${empty} in string slice '${text}'`)
  return items
}

const integerHint = "Accepted formats: '1', '2', '10', etc."
const durationHint =
  "Accepted formats: 'h' (hours), 'm' (minutes), 's' (seconds), 'ms' (milliseconds), for example '1h30m' or '500ms'"

const isScalar = (value: unknown): value is string | number | boolean | bigint =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value)

/** `k=v` pairs, exactly one `=` in each. */
function pairsOf(pairs: readonly string[]): Record<string, string> {
  const hint = "Accepted formats: 'key=value', 'key1=value1,key2=value2', etc."
  const bad = (reason: string) => wrong(`invalid format [${pairs.join(' ')}]: ${reason}`, hint)
  const entries = pairs.map((pair) => {
    const [key = '', value, ...rest] = pair.split('=')
    if (value === undefined) throw bad(`expected 'key=value', but found no '=' in '${pair}'`)
    if (rest.length > 0) {
      throw bad(`found multiple '=' in '${pair}'. Only one '=' is allowed per key-value pair`)
    }
    if (key === '') throw bad(`missing key before '=' in '${pair}'. A valid key is required`)
    if (value === '') throw bad(`missing value after '=' for key '${key}'. A valid value is required`)
    return [key, value] as const
  })
  return Object.fromEntries(entries)
}

const wrong = (message: string, hint?: string): Fault =>
  new Fault('ValidationError', message, { component: 'Config', ...(hint === undefined ? {} : { hint }) })

function fail(path: string, wanted: string, given: unknown, hint?: string): never {
  const received = isScalar(given) ? String(given) : JSON.stringify(given)
  throw wrong(`config key: "${path}" expects ${wanted} value, received: "${received}"`, hint)
}

function notOneOf({ refusal, choices = [] }: Leaf<any>, path: string, value: unknown): Fault {
  if (refusal) return wrong(refusal(String(value), choices))
  const words = choices.map((choice) => `"${choice}"`).join(', ')
  return wrong(`config key: "${path.toLowerCase()}" must be one of ${words}, received: "${String(value)}"`)
}
