import { Fault } from '../fault.ts'
import { formatFloat } from '../go/strconv-float.ts'
import { Decoder, goSyntax, type YamlEntry, type YamlTree } from './decode.ts'
import type { YamlNode } from './node.ts'
import { Parser } from './parser.ts'
import type { YamlScalar } from './resolve.ts'
import { Scanner } from './scanner.ts'
import { type Mark, type Position, positionOfMark } from './yaml-fault.ts'
import { yamlText } from './yaml-text.ts'

/** What JSON can say; integers beyond 2^53 are bigint, and exact. */
export type YamlValue = null | boolean | number | bigint | string | YamlValue[] | { [key: string]: YamlValue }

export type YamlDocument = {
  value: YamlValue
  /** Line and column (from 1) of the key or item a path leads to; of the document for []. */
  positionOf(path: readonly (string | number)[]): Position | undefined
  /** Keys that stand more than once in their mapping, at the places where they stand again. */
  readonly repeated: readonly (Position & { readonly key: string })[]
}

/**
 * Reads the first document of a YAML text (JSON is YAML) the way job files are read: YAML 1.1 words (`yes`, `on`),
 * the last of equal keys wins, merge keys, keys made text. Source of the rules: sigs.k8s.io/yaml.
 * Throws Fault('BadRequest') with the sentence of Go's reader, line and column in hint and details.
 * Bounds: 10 MB, 1,000 levels, aliases in proportion to the text.
 */
export const readYaml = (source: string | Uint8Array): YamlDocument => documentOf(nodeOf(source))

/** The document as it is written; undefined when there is none. */
export const nodeOf = (source: string | Uint8Array): YamlNode | undefined =>
  new Parser(new Scanner(yamlText(source))).document()

export function documentOf(root: YamlNode | undefined): YamlDocument {
  if (root === undefined) return { value: null, positionOf: () => undefined, repeated: [] }
  const places: Places = new WeakMap()
  const decoder = new Decoder()
  const value = jsonOf(decoder.decode(root), root.mark, places)
  return {
    value,
    positionOf: (path) => positionAt(value, path, positionOfMark(root.mark), places),
    repeated: decoder.repeated.map(({ key, mark }) => ({ key, ...positionOfMark(mark) })),
  }
}

/** Where the parts of each object and list stand. */
type Places = WeakMap<object, Map<string | number, Mark>>

function positionAt(root: YamlValue, path: readonly (string | number)[], start: Position, places: Places) {
  let value = root
  let position: Position | undefined = start
  for (const step of path) {
    const mark = typeof value === 'object' && value !== null ? places.get(value)?.get(step) : undefined
    if (mark === undefined) return undefined
    position = positionOfMark(mark)
    value = (value as Record<string | number, YamlValue>)[step] as YamlValue
  }
  return position
}

function jsonOf(tree: YamlTree, mark: Mark, places: Places): YamlValue {
  switch (tree.kind) {
    case 'null':
      return null
    case 'int':
    case 'uint':
      return Number.isSafeInteger(Number(tree.value)) ? Number(tree.value) : tree.value
    case 'float':
      return finite(tree.value, mark)
    case 'list': {
      const list = tree.items.map((item) => jsonOf(item.value, item.mark, places))
      places.set(list, new Map(tree.items.map((item, at) => [at, item.mark])))
      return list
    }
    case 'map':
      return objectOf(tree.entries, places)
    default:
      return tree.value
  }
}

function objectOf(entries: Map<string, YamlEntry>, places: Places): YamlValue {
  const object: { [key: string]: YamlValue } = {}
  const marks = new Map<string | number, Mark>()
  for (const entry of entries.values()) {
    const key = keyText(entry)
    const value = jsonOf(entry.value, entry.valueMark, places)
    // A plain assignment would take `__proto__` for something else.
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
    marks.set(key, entry.keyMark)
  }
  places.set(object, marks)
  return object
}

function finite(value: number, mark: Mark): number {
  if (Number.isFinite(value)) return value
  const position = positionOfMark(mark)
  throw valueFault(`json: unsupported value: ${formatFloat(value, 'g')}`, position)
}

/** Numbers and booleans become the text Go gives them; null and integers beyond int64 cannot be keys. */
function keyText({ key, keyMark, value }: YamlEntry): string {
  switch (key.kind) {
    case 'string':
      return key.value
    case 'float':
      return floatKey(key.value)
    case 'int':
    case 'bool':
      return String(key.value)
    default: {
      const text = `unsupported map key of type: ${goTypeAndKey(key)}, value: ${goSyntax(value)}`
      throw valueFault(text, positionOfMark(keyMark))
    }
  }
}

const goTypeAndKey = (key: YamlScalar): string =>
  key.kind === 'null' ? '%!s(<nil>), key: <nil>' : `uint64, key: ${goSyntax(key)}`

/** Go writes float keys with the digits of a 32-bit float. */
function floatKey(value: number): string {
  const text = formatFloat(value, 'g', -1, 32)
  return ({ NaN: '.nan', '+Inf': '.inf', '-Inf': '-.inf' } as Record<string, string>)[text] ?? text
}

const valueFault = (message: string, { line, column }: Position): Fault =>
  new Fault('BadRequest', message, {
    hint: `Look at line ${line}, column ${column} of the YAML text.`,
    details: { Line: String(line), Column: String(column) },
  })
