import { Fault, messageOf } from '#lib/fault.ts'
import { parseBool, parseInt, parseUint } from '#lib/go/strconv-parse.ts'

/**
 * Query parameters as data. Names are matched without case, the first value wins, an empty value means absent;
 * errors carry the sentences clients of the reference know.
 */
type Kinds = {
  text: string
  /** Decimal, 0 … 2^32−1. */
  uint32: number
  int64: bigint
  bool: boolean
  /** Every occurrence counts. */
  texts: readonly string[]
  /** Present or not; the value is of no interest. */
  flag: boolean
  /** `30s`, `500ms`, `2m`; milliseconds. */
  wait: number
}
export type QueryKind = keyof Kinds
export type QuerySchema = Readonly<Record<string, { kind: QueryKind; about: string }>>
export type QueryOf<Schema extends QuerySchema> = { -readonly [Name in keyof Schema]?: Kinds[Schema[Name]['kind']] }

/** One parameter: its kind and what it does. */
export const param = <Kind extends QueryKind>(kind: Kind, about: string) => ({ kind, about })

/** Reads the part of a URL after `?`. Throws a Fault BadRequest. */
export function readQuery<Schema extends QuerySchema>(schema: Schema, text: string): QueryOf<Schema> {
  const found: Record<string, unknown> = {}
  if (text === '') return found as QueryOf<Schema>
  const values = Map.groupBy(new URLSearchParams(text), ([name]) => name.toLowerCase())
  for (const [name, { kind }] of Object.entries(schema)) {
    const given = values.get(name.toLowerCase())?.map(([, value]) => value)
    if (given === undefined) continue
    const value = read[kind](given)
    if (value !== undefined) found[name] = value
  }
  return found as QueryOf<Schema>
}

/** Writes a query with its `?`, or nothing. */
export function writeQuery(schema: QuerySchema, query: Readonly<Record<string, unknown>>): string {
  const pairs = new URLSearchParams()
  for (const [name, { kind }] of Object.entries(schema)) {
    const value = query[name]
    if (value === undefined || value === false || value === '') continue
    if (kind === 'texts') for (const each of value as string[]) pairs.append(name, each)
    else pairs.append(name, kind === 'wait' ? `${value}ms` : kind === 'flag' ? '' : String(value))
  }
  return pairs.size === 0 ? '' : `?${pairs}`
}

type Reader<Value> = (given: readonly string[]) => Value | undefined
const first =
  <Value>(parse: (text: string) => Value): Reader<Value> =>
  (given) =>
    given[0] === undefined || given[0] === '' ? undefined : bound(parse, given[0])

const read: { [Kind in QueryKind]: Reader<Kinds[Kind]> } = {
  text: first((text) => text),
  uint32: first((text) => Number(parseUint(text, 10, 32))),
  int64: first((text) => parseInt(text, 10, 64)),
  bool: first(parseBool),
  texts: (given) => given.filter((each) => each !== ''),
  flag: () => true,
  wait: first(waitMs),
}

const unitsMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 }

function waitMs(text: string): number {
  const parts = /^(\d{1,9})(ms|s|m)$/.exec(text)
  if (parts === null) throw new Fault('BadRequest', `invalid wait "${text}"`, { hint: 'write it as 500ms, 30s or 2m' })
  return Number(parts[1]) * (unitsMs[parts[2] as string] as number)
}

function bound<Value>(parse: (text: string) => Value, text: string): Value {
  try {
    return parse(text)
  } catch (error) {
    throw bindFault(messageOf(error), error instanceof Fault ? error.hint : undefined)
  }
}

/** A query or body that cannot be read, in the words of the reference's framework. */
export const bindFault = (reason: string, hint?: string): Fault =>
  new Fault('BadRequest', `code=400, message=${reason}, internal=${reason}`, {
    component: 'APIServer',
    ...(hint === undefined ? {} : { hint }),
  })
