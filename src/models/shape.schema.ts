import { eachMember, type JsonObject, setMember } from '#lib/json/members.ts'
import { isRawNumber } from '#lib/json/raw-number.ts'
import type { Outline } from './outline.ts'

/**
 * Doors as tables: a shape reads parsed JSON by Go's rules (keys without case, null = absent, strict kinds) and knows
 * how Go calls its type, because clients are shown that name. Written by hand and not with a schema library: those match
 * keys exactly, cannot say what Go says, and cost several times more per submission.
 */
export type Shape<Value> = Outline & {
  /** `int`, `models.Task`, `map[string]string` … */
  readonly goType: string
  /** Never called with null or undefined. `before` is what an equal key left there. Throws a Misread. */
  decode(value: unknown, before?: Value, notes?: ReadingNotes): Value
  /** Null takes away what an equal key left there (Go's pointers, lists and maps); elsewhere it changes nothing. */
  readonly isEmptiedByNull?: boolean
}

/** What a reader may want to know beside the value. */
type ReadingNotes = {
  /** Whether there is a name that no struct has; looking for them all costs more than reading. */
  hasStrangers: boolean
}

/** A value that cannot be read. */
export abstract class Misread extends Error {
  /** Every step from the root: keys as they were written, and places in lists. */
  readonly path: (string | number)[] = []
  /** What else could not be read, up to a bound. */
  others: Misread[] = []
  /** What was read beside them. */
  partial: unknown
}

/** A value of the wrong kind: where, what it was and what was wanted. */
export class Mismatch extends Misread {
  /** `string`, `number 1.5`, `array` … */
  readonly kind: string
  readonly goType: string
  /** The innermost struct around it and the names of the fields that lead there; list places and map keys are no part of it. */
  struct = ''
  readonly fields: string[] = []

  constructor(value: unknown, goType: string, kind = kindOf(value)) {
    super(`${kind} is no ${goType}`)
    this.kind = kind
    this.goType = goType
  }
}

/** A value that was read but means nothing. To Go it ends reading at once: it is told before all of the wrong kind. */
export class Unreadable extends Misread {}

/** So many wrong values of one list or object are looked for; a body may hold millions. */
const mostMisread = 100

export const text: Shape<string> = {
  goType: 'string',
  schema: { type: 'string' },
  decode: (value) => (typeof value === 'string' ? value : mismatch(value, 'string')),
}

export const flag: Shape<boolean> = {
  goType: 'bool',
  schema: { type: 'boolean' },
  decode: (value) => (typeof value === 'boolean' ? value : mismatch(value, 'bool')),
}

/** A Go integer between two bounds. */
export const integer = (goType: string, min: bigint, max: bigint): Shape<bigint> => ({
  goType,
  schema: { type: 'integer', format: 'int64', ...(min < 0n ? {} : { minimum: 0 }) },
  decode(value) {
    if (typeof value !== 'number' && typeof value !== 'bigint' && !isRawNumber(value)) return mismatch(value, goType)
    const source = isRawNumber(value) ? value.rawJSON : String(value)
    const isWhole = min < 0n ? /^-?\d{1,20}$/.test(source) : /^\d{1,20}$/.test(source)
    if (!isWhole || BigInt(source) < min || BigInt(source) > max) throw new Mismatch(value, goType, `number ${source}`)
    return BigInt(source)
  },
})
const maxInt64 = 2n ** 63n - 1n
export const int64 = integer('int64', -maxInt64 - 1n, maxInt64)
export const uint64 = integer('uint64', 0n, 2n ** 64n - 1n)
const anyInt = integer('int', -maxInt64 - 1n, maxInt64)

/** Go's `int`: small numbers of things. Beyond 2^53 it is read and rounded. */
export const int: Shape<number> = {
  goType: 'int',
  schema: { type: 'integer' },
  decode: (value) => (Number.isSafeInteger(value) ? (value as number) : Number(anyInt.decode(value))),
}

/** Text with a meaning of its own: `read` throws an Unreadable, or gives the value. */
export const word = <Value>(
  goType: string,
  read: (text: string) => Value,
  values?: readonly string[],
): Shape<Value> => ({
  goType,
  schema: { type: 'string', ...(values ? { enum: values } : {}) },
  decode: (value) => read(typeof value === 'string' ? value : mismatch(value, goType)),
})

/** A list; null in it is the zero value for plain kinds, and kept as null for objects. */
export const list = <Value>(item: Shape<Value>, zero: Value | null, pointer = ''): Shape<Value[]> => ({
  goType: `[]${pointer}${item.goType}`,
  schema: { type: 'array' },
  item,
  isEmptiedByNull: true,
  decode(value, before, notes) {
    if (!Array.isArray(value)) return mismatch(value, this.goType)
    const items: Value[] = []
    let misread: Misread | undefined
    for (let at = 0; at < value.length; at++) {
      const old = before?.[at] ?? undefined
      try {
        if (!isNothing(value[at])) items[at] = item.decode(value[at], old, notes)
        else items[at] = item.isEmptiedByNull ? (zero as Value) : (old ?? (zero as Value))
      } catch (error) {
        const noted = under(error, at)
        items[at] = (noted.partial ?? zero) as Value
        misread = joined(misread, noted)
      }
    }
    return misread ? fail(misread, items) : items
  },
})

/** Keys are kept as they are. */
export const textMap: Shape<Record<string, string>> = {
  goType: 'map[string]string',
  schema: { type: 'object', additionalProperties: { type: 'string' } },
  isEmptiedByNull: true,
  decode(value, before) {
    if (!isObject(value)) return mismatch(value, this.goType)
    const map: Record<string, string> = { ...before }
    let misread: Misread | undefined
    eachMember(value, (key, each, step) => {
      if (typeof each !== 'string' && !isNothing(each))
        misread = joined(misread, under(new Mismatch(each, 'string'), step))
      else setMember(map, key, each ?? '')
    })
    return misread ? fail(misread, map) : map
  },
}

/** Anything inside; keys are kept as they are. */
export const anyMap: Shape<Record<string, unknown>> = {
  goType: 'map[string]interface {}',
  schema: { type: 'object', additionalProperties: true },
  isEmptiedByNull: true,
  decode(value, before) {
    if (!isObject(value)) return mismatch(value, this.goType)
    refuseBeyondFloats(value)
    return before ? { ...before, ...value } : value
  },
}

/** Go keeps numbers of no known kind as floats. */
export function refuseBeyondFloats(value: unknown): void {
  const refuseIn = (item: unknown, step: string | number) => {
    try {
      refuseBeyondFloats(item)
    } catch (error) {
      throw under(error, step)
    }
  }
  if (Array.isArray(value)) value.forEach(refuseIn)
  else if (isObject(value)) eachMember(value, (_key, each, step) => refuseIn(each, step))
  else if (isRawNumber(value) && !Number.isFinite(Number(value.rawJSON)))
    throw new Mismatch(value, 'float64', `number ${value.rawJSON}`)
}

export type Fields = Readonly<Record<string, Shape<any>>>
export type StructOf<Table extends Fields> = {
  -readonly [Name in keyof Table]?: Table[Name] extends Shape<infer V> ? V : never
}

/**
 * An object with known fields; unknown ones are passed over, those of `passedOver` (folded) in silence. `goName` is the
 * bare name of the type.
 */
export function struct<Table extends Fields>(
  goPackage: string,
  goName: string,
  fields: Table,
  passedOver: ReadonlySet<string> = new Set(),
): Omit<Shape<StructOf<Table>>, 'fields'> & { readonly fields: Table } {
  const names = new Map(Object.entries(fields))
  const folded = new Map(Object.keys(fields).map((name) => [fold(name), name]))
  return {
    fields,
    passedOver,
    name: goName,
    goType: `${goPackage}.${goName}`,
    schema: { type: 'object' },
    isEmptiedByNull: true,
    decode(value, before, notes) {
      if (!isObject(value)) return mismatch(value, this.goType)
      const decoded: Record<string, unknown> = { ...before }
      let misread: Misread | undefined
      eachMember(value, (key, each, step) => {
        const name = names.has(key) ? key : folded.get(fold(key))
        if (name === undefined) {
          if (notes && !passedOver.has(fold(key))) notes.hasStrangers = true
          return
        }
        const shape = names.get(name) as Shape<unknown>
        try {
          if (!isNothing(each)) decoded[name] = shape.decode(each, decoded[name], notes)
          else if (shape.isEmptiedByNull) delete decoded[name]
        } catch (error) {
          const noted = under(error, step, name, goName)
          if (noted.partial !== undefined) decoded[name] = noted.partial
          misread = joined(misread, noted)
        }
      })
      return (misread ? fail(misread, decoded) : decoded) as StructOf<Table>
    },
  }
}

/** Go compares field names by folded case: `ſ` is an s, the Kelvin sign a k. */
export const fold = (name: string): string => name.toLowerCase().replaceAll('ſ', 's')

/** How Go names the kind of a JSON value. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return isObject(value) ? 'object' : 'number'
}

function mismatch(value: unknown, goType: string): never {
  throw new Mismatch(value, goType)
}

/** Notes one step on the way out. */
function under(error: unknown, step: string | number, field?: string, goName?: string): Misread {
  if (!(error instanceof Misread)) throw error
  for (const each of [error, ...error.others]) {
    each.path.unshift(step)
    if (!(each instanceof Mismatch)) continue
    if (field !== undefined) each.fields.unshift(field)
    if (goName !== undefined && each.struct === '') each.struct = goName
  }
  return error
}

/** Reading goes on after a value that is wrong, so that all are told. The first counts, as in Go. */
function joined(first: Misread | undefined, next: Misread): Misread {
  if (first === undefined) return next
  const [main, other] = next instanceof Unreadable && first instanceof Mismatch ? [next, first] : [first, next]
  const others = [...main.others, other, ...other.others]
  ;[main.others, other.others] = [others, []]
  if (others.length < mostMisread) return main
  main.others = others.slice(0, mostMisread)
  return fail(main, undefined)
}

function fail(misread: Misread, partial: unknown): never {
  misread.partial = partial
  throw misread
}

const isNothing = (value: unknown): value is null | undefined => value === null || value === undefined

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
