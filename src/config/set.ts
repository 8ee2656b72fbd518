import { formatDuration } from '#lib/duration.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { quote } from '#lib/go/strconv-quote.ts'
import { readYaml, type YamlValue } from '#lib/yaml/read-yaml.ts'
import { cast } from './cast.ts'
import { findKey, findOldKey, isOldKey } from './flatten.ts'
import type { Leaf } from './leaf.ts'
import { nearKey } from './near-key.ts'
import { kindOfOld } from './old-kind.ts'
import { oldValue } from './old-value.ts'

/** One value as a file of settings holds it. */
export type StoredSetting = { readonly path: readonly string[]; readonly value: YamlValue }

/**
 * What is written for a key and the words given for it: a key of today under its own spelling, one of 1.4 in lower
 * case, as that generation wrote it. Throws a Fault for an unknown key and for words that are no value of it.
 */
export function storedSetting(name: string, words: readonly string[]): StoredSetting {
  const key = findKey(name.trim(), 'client')
  if (!key) throw isNoKey(name)
  if (!isOldKey(key)) return { path: key.path.split('.'), value: storedValue(key.leaf, key.path, words) }
  const path = name.trim().toLowerCase()
  const old = findOldKey(path)
  return { path: path.split('.'), value: oldValue(path, kindOfOld(old ?? key), words) }
}

function storedValue(leaf: Leaf<any>, path: string, words: readonly string[]): YamlValue {
  const value = cast(leaf, path, given(leaf, path, words))
  return leaf.kind === 'duration' ? formatDuration(value as bigint) : (value as YamlValue)
}

/** One word may hold a whole list or map; further words are further items. */
function given({ kind }: Leaf<any>, path: string, words: readonly string[]): unknown {
  const [first = ''] = words
  if (kind === 'list') return words.length > 1 ? words : itemsOf(first)
  if (kind === 'map') return words.length > 1 ? words : first
  if (words.length > 1) {
    const all = words.map(quote).join(' ')
    throw invalid(`setting "${path.toLowerCase()}": expected single value got ${words.length} from [${all}]`)
  }
  return kind === 'data' ? structure(first) : first
}

function itemsOf(text: string): string[] {
  const items = text === '' ? [] : text.split(',').map((item) => item.trim())
  const empty = items.indexOf('')
  if (empty < 0) return items
  throw invalid(`empty token found at position ${empty} in string slice '${text}'`)
}

/** Text that is YAML or JSON of a structure, as what it says; else the text itself, which is then refused. */
export function structure(text: string): unknown {
  try {
    const { value } = readYaml(text)
    return typeof value === 'object' && value !== null ? value : text
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

/** The error for a key nobody knows. */
export function isNoKey(name: string): Fault {
  const near = nearKey(name)
  return invalid(
    `"${name.toLowerCase()}" is not a valid config key`,
    `${near ? `Did you mean ${near}? ` : ''}Run 'bacalhau config list' for the complete list of valid config keys`,
  )
}

const invalid = (message: string, hint?: string): Fault =>
  new Fault('ValidationError', message, { component: 'Config', ...(hint === undefined ? {} : { hint }) })
