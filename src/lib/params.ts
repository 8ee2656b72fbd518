import { Fault } from './fault.ts'

/** Kinds of parameter, by the names that error texts show; `any` is left to the caller to check. */
export type ParamType = 'string' | '[]string' | 'bool' | 'int64' | 'map[string]string' | 'any'
type Values = {
  string: string
  '[]string': string[]
  bool: boolean
  int64: bigint
  'map[string]string': Record<string, string>
  any: unknown
}

export type Params<Fields extends Record<string, ParamType>> = { [Name in keyof Fields]?: Values[Fields[Name]] }

/**
 * Reads the free parameters of a component as the reference does: keys are compared without case, unknown ones are
 * ignored, null counts as absent, and kinds are strict. The first wrong one (keys in sorted order) throws a Fault
 * ValidationError with the text that clients know; `struct` is the name it shows.
 */
export function decodeParams<Fields extends Record<string, ParamType>>(
  params: Readonly<Record<string, unknown>>,
  struct: string,
  fields: Fields,
): Params<Fields> {
  const names = namesOf(fields)
  const decoded: Record<string, unknown> = {}
  for (const key of Object.keys(params).sort()) {
    const name = names.get(key.toLowerCase())
    const value = params[key]
    if (name === undefined || value === null || value === undefined) continue
    decoded[name] = checked(value, fields[name] as ParamType, `${struct}.${name}`)
  }
  return decoded as Params<Fields>
}

const namesByFields = new WeakMap<object, Map<string, string>>()

/** By their lower case. */
function namesOf(fields: object): Map<string, string> {
  const known = namesByFields.get(fields)
  if (known) return known
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]))
  namesByFields.set(fields, names)
  return names
}

function checked(value: unknown, type: ParamType, path: string): unknown {
  if (type === 'any') return value
  if (type === 'int64') return integer(value, path)
  if (type === 'map[string]string') {
    if (kindOf(value) !== 'object') return refuse(value, path, type)
    return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, text(each, path)]))
  }
  if (type !== '[]string') return kindOf(value) === type ? value : refuse(value, path, type)
  if (!Array.isArray(value)) return refuse(value, path, type)
  return value.map((each) => text(each, path))
}

const text = (value: unknown, path: string): unknown =>
  value === null ? '' : kindOf(value) === 'string' ? value : refuse(value, path, 'string')

function integer(value: unknown, path: string): bigint {
  if (kindOf(value) !== 'number') return refuse(value, path, 'int64')
  const digits = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  if (/^-?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)) return BigInt(digits)
  throw refusal(`number ${digits}`, path, 'int64')
}

function refuse(value: unknown, path: string, type: string): never {
  throw refusal(kindOf(value), path, type)
}

const refusal = (kind: string, path: string, type: string): Fault =>
  new Fault('ValidationError', `json: cannot unmarshal ${kind} into Go struct field ${path} of type ${type}`)

/** What error texts call a value. Numbers may come as a bigint, or as the text they were written in (JSON.rawJSON). */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'object' && !(JSON as unknown as RawJson).isRawJSON(value)) return 'object'
  return 'number'
}

type RawJson = { isRawJSON(value: unknown): boolean }
