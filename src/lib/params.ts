import { Fault } from './fault.ts'

/** Kinds of parameter, by the names that error texts show. */
export type ParamType = 'string' | '[]string' | 'bool'
type Values = { string: string; '[]string': string[]; bool: boolean }

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
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]))
  const decoded: Record<string, unknown> = {}
  for (const key of Object.keys(params).sort()) {
    const name = names.get(key.toLowerCase())
    const value = params[key]
    if (name === undefined || value === null || value === undefined) continue
    decoded[name] = checked(value, fields[name] as ParamType, `${struct}.${name}`)
  }
  return decoded as Params<Fields>
}

function checked(value: unknown, type: ParamType, path: string): unknown {
  if (type !== '[]string') return kindOf(value) === type ? value : refuse(value, path, type)
  if (!Array.isArray(value)) return refuse(value, path, type)
  return value.map((each) => (each === null ? '' : kindOf(each) === 'string' ? each : refuse(each, path, 'string')))
}

function refuse(value: unknown, path: string, type: string): never {
  throw new Fault(
    'ValidationError',
    `json: cannot unmarshal ${kindOf(value)} into Go struct field ${path} of type ${type}`,
  )
}

/** Numbers may come as the text they were written in (JSON.rawJSON). */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'object' && !(JSON as unknown as RawJson).isRawJSON(value)) return 'object'
  return 'number'
}

type RawJson = { isRawJSON(value: unknown): boolean }
