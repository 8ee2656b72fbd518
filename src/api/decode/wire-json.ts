/** What stands on the wire where our types have branded ids, names of states, or bigint times. */
export type Wire = Record<string, any>

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown

/** An integer that a float cannot hold exactly becomes a bigint, wherever it stands. */
const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/** Reads JSON without losing digits of int64. Throws a SyntaxError. */
export const parseWire = (text: string): any => JSON.parse(text, exact as (key: string, value: unknown) => unknown)

/** A field that is always a bigint for us, however small it is. Absent = 0. */
export const int64 = (value: unknown): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

/** RFC 3339 text to Unix nanoseconds; Go's zero time, and anything unreadable, is 0. */
export function nsOfTime(value: unknown): bigint {
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null
  if (parts === null || parts[1] === '0001-01-01T00:00:00') return 0n
  const ms = Date.parse(`${parts[1]}${parts[3]}`)
  if (Number.isNaN(ms)) return 0n
  return BigInt(ms) * 1_000_000n + BigInt((parts[2] ?? '').slice(0, 9).padEnd(9, '0'))
}
