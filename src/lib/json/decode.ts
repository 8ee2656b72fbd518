import { Fault } from '../fault.ts'
import { textOfBytes } from '../go/byte-text.ts'
import { formatRfc3339, parseRfc3339 } from '../rfc3339.ts'
import { decodeBase64 } from './base64.ts'
import { integerOf, quotedInteger } from './integer.ts'
import { parseJson } from './parse.ts'
import { type JsonField, type JsonShape, type StructShape, typeName, zeroOf } from './shape.ts'
import { type JsonNode, offsetOfNode, readJsonTree } from './tree.ts'

/**
 * A value of the wrong kind: what was expected (a Go type), what stood there, the path of its field, the struct that holds
 * it, and how many bytes were read. The `cause` of the Fault that says so.
 */
type JsonTypeMistake = {
  kind: 'type'
  expected: string
  got: string
  field: string
  struct: string
  offset: number
}

export type DecodeJsonOptions = { ignoresTrailing?: boolean; keepsParamsText?: boolean }

/**
 * Reads JSON into a shape by Go's rules: field names without regard to case, unknown ones ignored, null as nothing, later
 * equal keys over earlier ones, wrong kinds and overflows refused. Every field of a struct is there afterwards.
 * Throws Fault('BadRequest') with Go's sentence of the first mistake; its `cause` says where.
 */
export function decodeJson(source: string | Uint8Array, shape: JsonShape, options: DecodeJsonOptions = {}): unknown {
  const text = typeof source === 'string' ? source : textOfBytes(source)
  const tree = readJsonTree(text, options.ignoresTrailing !== true)
  return new Decoder(text, options).decode(tree, shape)
}

class Decoder {
  readonly #text: string
  readonly #options: DecodeJsonOptions
  /** Go goes on after a mistake and tells the first. */
  #first: Fault | undefined
  #path: string[] = []
  #struct = ''

  constructor(text: string, options: DecodeJsonOptions) {
    this.#text = text
    this.#options = options
  }

  decode(node: JsonNode, shape: JsonShape): unknown {
    const value = this.#value(node, shape, zeroOf(shape))
    if (this.#first) throw this.#first
    return value
  }

  /** What becomes of `before` when `node` is read into it. */
  #value(node: JsonNode, shape: JsonShape, before: unknown): unknown {
    if (shape.kind === 'any') return this.#any(node)
    if (shape.kind === 'time') return this.#time(node, before)
    if (node.kind === 'null') return isEmptied(shape) ? null : before
    if (shape.kind === 'integer' && shape.isQuoted) return this.#quoted(node, shape, before)
    if (shape.kind === 'pointer') return this.#value(node, shape.to, before ?? zeroOf(shape.to))
    switch (node.kind) {
      case 'object':
        return this.#object(node, shape, before)
      case 'array':
        return this.#array(node, shape, before)
      default:
        return this.#simple(node, shape, before)
    }
  }

  #any(node: JsonNode): unknown {
    const overflow = overflowIn(node)
    if (overflow === undefined) return parseJson(this.#text.slice(node.start, node.end), this.#options)
    this.#tellOverflow(overflow)
    return null
  }

  /** Go stops at once at what a type that reads itself refuses; other mistakes wait until the end. */
  #time(node: JsonNode, before: unknown): unknown {
    if (node.kind === 'null') return before
    if (node.kind !== 'string') throw new Fault('BadRequest', 'Time.UnmarshalJSON: input is not a JSON string')
    // Go looks at the text between the quotes as it is written.
    return formatRfc3339(parseRfc3339(this.#text.slice(node.start + 1, node.end - 1)))
  }

  #object(node: JsonNode & { kind: 'object' }, shape: JsonShape, before: unknown): unknown {
    if (shape.kind === 'struct') return this.#structure(node, shape, before)
    if (shape.kind !== 'map') return this.#mismatch(node, shape, before)
    const map = new Map(Object.entries(before ?? {}))
    node.keys.forEach((key, index) => {
      const value = this.#value(node.values[index] as JsonNode, shape.of, zeroOf(shape.of))
      if (shape.keys !== 'int') map.set(key, value)
      else if (integerOf(key, { bits: 64, isSigned: true }) !== undefined) map.set(String(BigInt(key)), value)
      else this.#tell(`number ${key}`, 'int', this.#offsetOfKey(node, index))
    })
    return Object.fromEntries(map)
  }

  #structure(node: JsonNode & { kind: 'object' }, shape: StructShape, before: unknown): unknown {
    const value = { ...(before as Record<string, unknown>) }
    const outer = this.#struct
    node.keys.forEach((key, index) => {
      const field = fieldFor(shape, key)
      if (field === undefined) return
      const depth = this.#path.length
      this.#path.push(...(field.through === undefined ? [] : [field.through]), field.name)
      this.#struct = shape.name
      value[field.name] = this.#value(node.values[index] as JsonNode, field.shape, value[field.name])
      this.#path.length = depth
      this.#struct = outer
    })
    return value
  }

  #array(node: JsonNode & { kind: 'array' }, shape: JsonShape, before: unknown): unknown {
    if (shape.kind === 'bytes') {
      return Uint8Array.from(node.items, (item) => Number(this.#value(item, byteShape, 0)))
    }
    if (shape.kind !== 'list' && shape.kind !== 'tuple') return this.#mismatch(node, shape, before)
    const old = (before as unknown[] | null) ?? []
    const items = shape.kind === 'tuple' ? node.items.slice(0, shape.length) : node.items
    const values = items.map((item, index) => {
      const start = index < old.length ? old[index] : zeroOf(shape.of)
      return this.#value(item, shape.of, start)
    })
    while (shape.kind === 'tuple' && values.length < shape.length) values.push(zeroOf(shape.of))
    return values
  }

  #simple(node: Simple, shape: JsonShape, before: unknown): unknown {
    if (shape.kind === 'integer') return this.#integer(node, shape, before)
    if (node.kind === 'number') {
      if (shape.kind !== 'float') return this.#mismatch(node, shape, before)
      const value = shape.bits === 32 ? Math.fround(Number(node.source)) : Number(node.source)
      return Number.isFinite(value) ? value : this.#mismatch(node, shape, before, `number ${node.source}`)
    }
    if (node.kind !== shape.kind) return this.#writtenAsText(node, shape, before)
    return node.value
  }

  /** Kinds that are written as text without being one. */
  #writtenAsText(node: Simple, shape: JsonShape, before: unknown): unknown {
    if (node.kind !== 'string') return this.#mismatch(node, shape, before)
    if (shape.kind === 'word') return shape.read(node.value)
    if (shape.kind === 'bytes') return this.#kept(before, () => decodeBase64(node.value))
    return this.#mismatch(node, shape, before)
  }

  #integer(node: Simple, shape: JsonShape & { kind: 'integer' }, before: unknown): unknown {
    if (node.kind !== 'number') return this.#mismatch(node, shape, before)
    return integerOf(node.source, shape) ?? this.#mismatch(node, shape, before, `number ${node.source}`)
  }

  #quoted(node: JsonNode, shape: JsonShape & { kind: 'integer' }, before: unknown): unknown {
    const overflow = node.kind === 'number' ? overflowIn(node) : undefined
    if (overflow) this.#tellOverflow(overflow)
    const text = node.kind === 'string' ? node.value : undefined
    const read = () => quotedInteger(text, shape.type)
    // Text that could not be any JSON value ends Go's reading at once.
    const source = text === undefined || /^([ntf"]|$)/.test(text) ? this.#kept(null, read) : read()
    if (source === null) return before
    return integerOf(source, shape) ?? this.#mismatch(node, shape, before, `number ${source}`)
  }

  #mismatch(node: JsonNode, shape: JsonShape, before: unknown, got: string = node.kind): unknown {
    this.#tell(got, typeName(shape), offsetOfNode(this.#text, node))
    return before
  }

  #tellOverflow(node: JsonNode & { kind: 'number' }): void {
    this.#tell(`number ${node.source}`, 'float64', offsetOfNode(this.#text, node) + 1)
  }

  #tell(got: string, expected: string, offset: number): void {
    const field = this.#path.join('.')
    const place = field === '' ? 'value' : `struct field ${this.#struct}.${field}`
    const cause: JsonTypeMistake = { kind: 'type', expected, got, field, struct: this.#struct, offset }
    this.#first ??= new Fault('BadRequest', `json: cannot unmarshal ${got} into Go ${place} of type ${expected}`, {
      cause,
    })
  }

  /** The result of `read`, or `before` when it throws a Fault, which is then told. */
  #kept<T>(before: T, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.#first ??= error
      return before
    }
  }

  /** Go points behind the opening quote of a key. */
  #offsetOfKey(node: JsonNode & { kind: 'object' }, index: number): number {
    const from = index === 0 ? node.start : (node.values[index - 1] as JsonNode).end
    const at = this.#text.indexOf('"', from)
    return offsetOfNode(this.#text, { kind: 'object', start: at, end: at, keys: [], values: [] })
  }
}

type Simple = JsonNode & { kind: 'bool' | 'number' | 'string' | 'null' }
const byteShape: JsonShape = { kind: 'integer', type: 'uint8', bits: 8, isSigned: false }

/** The first number that no float can hold. */
function overflowIn(node: JsonNode): (JsonNode & { kind: 'number' }) | undefined {
  if (node.kind === 'number') return Number.isFinite(Number(node.source)) ? undefined : node
  const parts = node.kind === 'array' ? node.items : node.kind === 'object' ? node.values : []
  for (const part of parts) {
    const found = overflowIn(part)
    if (found) return found
  }
  return undefined
}

/** Which shapes null empties. */
const isEmptied = (shape: JsonShape): boolean => ['pointer', 'list', 'map', 'bytes'].includes(shape.kind)

/** The field of that name; without regard to case when none has it exactly. */
function fieldFor(shape: StructShape, key: string): JsonField | undefined {
  const folded = fold(key)
  return shape.fields.find((field) => field.name === key) ?? shape.fields.find((field) => fold(field.name) === folded)
}

/** Go compares letters without case and takes the long s and the Kelvin sign for s and k. */
const fold = (name: string): string => name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toUpperCase()
