import { formatDuration, parseDuration } from '#lib/duration.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { parseBool, parseFloat, parseInt, parseUint } from '#lib/go/strconv-parse.ts'
import { quote } from '#lib/go/strconv-quote.ts'
import { readYaml, type YamlValue } from '#lib/yaml/read-yaml.ts'
import type { OldKind } from './old-keys.ts'

/**
 * The value of a 1.4 key as its file holds it, from the words given for it. Throws a Fault whose sentence is the one
 * that scripts of that generation know.
 */
export function oldValue(path: string, kind: OldKind, words: readonly string[]): YamlValue {
  const several = readers[kind]
  if (several) return several(words)
  if (words.length > 1)
    throw refused(`setting "${path}": expected single value got ${words.length} from ${listed(words)}`)
  try {
    return (scalars[kind] as Scalar)(words[0] ?? '')
  } catch (error) {
    throw refused(`setting "${path}": ${messageOf(error)}`)
  }
}

type Scalar = (word: string) => YamlValue
const text: Scalar = (word) => word
const exact = (number: bigint): number | bigint => (Number.isSafeInteger(Number(number)) ? Number(number) : number)

const scalars: Partial<Record<OldKind, Scalar>> = {
  text,
  boolean: parseBool,
  integer: (word) => exact(parseInt(word)),
  unsigned: (word) => exact(parseUint(word)),
  float: parseFloat,
  duration: (word) => formatDuration(parseDuration(word)),
  'log-mode': (word) => {
    const modes = ['default', 'station', 'json', 'combined', 'event']
    if (modes.includes(word)) return word
    throw refused(`${quote(word)} is an invalid log-mode (valid modes: ${listed(modes)})`)
  },
  'store-type': (word) => {
    const type = ['BoltDB', 'UnknownStorage'].find((each) => each.toLowerCase() === word.toLowerCase())
    if (type) return type
    throw refused(`StorageType: unknown type '${word}' (valid types: ["BoltDB"])`)
  },
  locality: (word) => {
    const locality = ['local', 'anywhere'].find((each) => each === word.toLowerCase())
    if (locality) return locality
    throw refused(`model.JobSelectionDataLocality: unknown type ${quote(word)} (valid values: ["local" "anywhere"])`)
  },
}

const readers: Partial<Record<OldKind, (words: readonly string[]) => YamlValue>> = {
  list: (words) => [...words],
  map: (words) => Object.fromEntries(words.map(pairOf)),
  roles: (words) => {
    const isKnown = words.length <= 2 && words.every((word) => word === 'requester' || word === 'compute')
    if (isKnown) return [...words]
    const what = "must be one of: 'requester' 'compute' 'requester compute'"
    throw refused(`setting: "node.type", invalid node type value: ${listed(words)}, ${what}`)
  },
  methods: (words) => methodOf(words[0] ?? ''),
}

function pairOf(pair: string): [string, string] {
  const [key = '', value, ...rest] = pair.split('=')
  if (value !== undefined && rest.length === 0) return [key, value]
  throw refused(`expected 'key=value', received invalid format for key-value pair: ${pair}`)
}

/** `{Method: shared, Policy: {Type: ask, PolicyPath: p}}`: one login method under its name. */
function methodOf(text: string): YamlValue {
  const given = readYaml(text).value as { Method?: unknown; Policy?: { Type?: unknown; PolicyPath?: unknown } } | null
  const { Method, Policy } = given ?? {}
  if (typeof Method === 'string' && typeof Policy === 'object' && typeof Policy.Type === 'string') {
    return { [Method]: { Type: Policy.Type, PolicyPath: String(Policy.PolicyPath ?? '') } }
  }
  throw new Fault('ValidationError', `auth.methods is one login method, received: ${text}`, {
    component: 'Config',
    hint: "Accepted format: '{Method: name, Policy: {Type: challenge, PolicyPath: path}}'",
  })
}

const listed = (words: readonly string[]): string => `[${words.map(quote).join(' ')}]`
const refused = (message: string): Fault => new Fault('ValidationError', message, { component: 'Config' })
