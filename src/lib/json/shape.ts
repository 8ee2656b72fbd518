/**
 * The shape of a JSON value as Go declares it: which kinds it takes, and the type names that error texts show.
 * `null` is nothing: it keeps what is there, or empties what can be empty.
 */
export type JsonShape =
  | { kind: 'string' | 'bool'; type: string }
  /** Numbers while safe, bigints beyond. `isQuoted`: written inside a string (`,string`). */
  | { kind: 'integer'; type: string; bits: 8 | 16 | 32 | 64; isSigned: boolean; isQuoted?: boolean }
  | { kind: 'float'; type: string; bits: 32 | 64 }
  /** Anything, as parseJson reads it. */
  | { kind: 'any'; type: string }
  /** Base64 text or a list of numbers. */
  | { kind: 'bytes'; type: string }
  /** RFC 3339 text, kept as text in its shortest form. */
  | { kind: 'time'; type: string }
  /** A string that means something by itself (a state word, a network type). `read` may throw. */
  | { kind: 'word'; type: string; zero: unknown; read(text: string): unknown }
  | { kind: 'pointer'; to: JsonShape }
  | { kind: 'list'; of: JsonShape }
  | { kind: 'tuple'; of: JsonShape; length: number }
  | { kind: 'map'; of: JsonShape; keys?: 'string' | 'int' }
  | StructShape

export type StructShape = {
  kind: 'struct'
  /** Name without its package, as in `Go struct field <name>.<field>`. */
  name: string
  package: string
  fields: readonly JsonField[]
}

export type JsonField = {
  name: string
  shape: JsonShape
  /** Names of embedded structs the field comes through; part of its path in error texts. */
  through?: string
}

export const string: JsonShape = { kind: 'string', type: 'string' }
export const bool: JsonShape = { kind: 'bool', type: 'bool' }
export const int: JsonShape = { kind: 'integer', type: 'int', bits: 64, isSigned: true }
export const int64: JsonShape = { kind: 'integer', type: 'int64', bits: 64, isSigned: true }
export const uint64: JsonShape = { kind: 'integer', type: 'uint64', bits: 64, isSigned: false }
export const float64: JsonShape = { kind: 'float', type: 'float64', bits: 64 }
export const any: JsonShape = { kind: 'any', type: 'interface {}' }
export const time: JsonShape = { kind: 'time', type: 'time.Time' }
export const pointer = (to: JsonShape): JsonShape => ({ kind: 'pointer', to })
export const list = (of: JsonShape): JsonShape => ({ kind: 'list', of })
export const map = (of: JsonShape): JsonShape => ({ kind: 'map', of })

/** A struct of the named package; fields in the order they are written. */
export const struct = (packageName: string, name: string, fields: Record<string, JsonShape>): StructShape => ({
  kind: 'struct',
  name,
  package: packageName,
  fields: Object.entries(fields).map(([field, shape]) => ({ name: field, shape })),
})

/** The type's name in Go's error texts. */
export function typeName(shape: JsonShape): string {
  switch (shape.kind) {
    case 'pointer':
      return `*${typeName(shape.to)}`
    case 'list':
      return `[]${typeName(shape.of)}`
    case 'tuple':
      return `[${shape.length}]${typeName(shape.of)}`
    case 'map':
      return `map[${shape.keys ?? 'string'}]${typeName(shape.of)}`
    case 'struct':
      return `${shape.package}.${shape.name}`
    default:
      return shape.type
  }
}

/** The value of a field that no document mentions. */
export function zeroOf(shape: JsonShape): unknown {
  switch (shape.kind) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'integer':
    case 'float':
      return 0
    case 'time':
      return '0001-01-01T00:00:00Z'
    case 'word':
      return shape.zero
    case 'tuple':
      return Array.from({ length: shape.length }, () => zeroOf(shape.of))
    case 'struct':
      return Object.fromEntries(shape.fields.map((field) => [field.name, zeroOf(field.shape)]))
    default:
      return null
  }
}
