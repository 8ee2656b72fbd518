import { parseFloat, parseInt, parseUint } from '../go/strconv-parse.ts'
import type { ScalarNode } from './node.ts'
import { yamlFault } from './yaml-fault.ts'

/** A scalar with its Go type, which decides how it may be a key: int64 and uint64 are bigint. */
export type YamlScalar =
  | { kind: 'null' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'int' | 'uint'; value: bigint }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }

const PREFIX = 'tag:yaml.org,2002:'
const resolvable = ['str', 'bool', 'int', 'float', 'null', 'timestamp'].map((name) => PREFIX + name)

const words = new Map<string, YamlScalar>()
const define = (scalar: YamlScalar, texts: string) => {
  for (const text of texts.split(' ')) words.set(text, scalar)
}
define({ kind: 'bool', value: true }, 'y Y yes Yes YES true True TRUE on On ON')
define({ kind: 'bool', value: false }, 'n N no No NO false False FALSE off Off OFF')
define({ kind: 'null' }, ' ~ null Null NULL')
define({ kind: 'float', value: Number.NaN }, '.nan .NaN .NAN')
define({ kind: 'float', value: Infinity }, '.inf .Inf .INF +.inf +.Inf +.INF')
define({ kind: 'float', value: -Infinity }, '-.inf -.Inf -.INF')

/** What a scalar means by the rules of YAML 1.1: plain words and numbers are guessed, tags are checked. */
export function resolveScalar(node: ScalarNode): YamlScalar {
  const { tag, text } = node
  if (tag === '' && !node.isImplicit) return { kind: 'string', value: text }
  if (tag === `${PREFIX}binary`) return { kind: 'string', value: binary(node) }
  if (tag !== '' && !resolvable.includes(tag)) return { kind: 'string', value: text }
  if (tag === `${PREFIX}str`) return { kind: 'string', value: text }
  const guessed = guessScalar(text)
  return tag === '' ? guessed : checked(guessed, node)
}

/** The type of a plain scalar. Dates stay text. */
export function guessScalar(text: string): YamlScalar {
  const word = words.get(text)
  if (word !== undefined) return word
  if (/^[+-]?[0-9]/.test(text) || /^[+-]/.test(text)) return number(text)
  if (text.startsWith('.')) return attempt(() => ({ kind: 'float', value: parseFloat(text) })) ?? string(text)
  return string(text)
}

function number(text: string): YamlScalar {
  const plain = text.replaceAll('_', '')
  return (
    integer(plain, 0) ??
    float(plain) ??
    (/^-?0b/.test(plain) ? integer(plain.replace('0b', ''), 2) : undefined) ??
    string(text)
  )
}

const integer = (text: string, base: number): YamlScalar | undefined =>
  attempt(() => ({ kind: 'int', value: parseInt(text, base) })) ??
  attempt(() => ({ kind: 'uint', value: parseUint(text, base) }))

const float = (text: string): YamlScalar | undefined =>
  /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)
    ? attempt(() => ({ kind: 'float', value: parseFloat(text) }))
    : undefined

const string = (value: string): YamlScalar => ({ kind: 'string', value })

function attempt(read: () => YamlScalar): YamlScalar | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** An explicit tag must agree with the text; only an integer may be a float. */
function checked(guessed: YamlScalar, node: ScalarNode): YamlScalar {
  const wanted = node.tag.slice(PREFIX.length)
  if (wanted === 'timestamp' && isTimestamp(node.text)) return string(node.text)
  const found = tagNames[guessed.kind]
  if (found === wanted) return guessed
  if (wanted === 'float' && guessed.kind === 'int') return { kind: 'float', value: Number(guessed.value) }
  throw yamlFault(`cannot decode !!${found} \`${node.text}\` as a !!${wanted}`, { mark: node.mark })
}

const tagNames = { null: 'null', bool: 'bool', int: 'int', uint: 'int', float: 'float', string: 'str' }

const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/

/** Whether a text is a YAML 1.1 date or time. */
export function isTimestamp(text: string): boolean {
  const parts = timestamp.exec(text)
  if (parts === null) return false
  const [year, month, day, ...time] = parts.slice(1).map((part) => Number(part ?? 0))
  const daysInMonth = new Date(Date.UTC(year as number, month as number, 0)).getUTCDate()
  const isDate = (month as number) >= 1 && (month as number) <= 12 && (day as number) >= 1
  const isTime = time.every((part, at) => part < (at % 3 === 0 ? 24 : 60))
  return isDate && isTime && (day as number) <= daysInMonth
}

function binary(node: ScalarNode): string {
  const compact = node.text.replace(/[\r\n]/g, '')
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
  if (!isBase64) throw yamlFault('!!binary value contains invalid base64 data', { mark: node.mark })
  return new TextDecoder().decode(Buffer.from(compact, 'base64'))
}
