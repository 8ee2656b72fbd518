import { hasEscapedKey } from '#lib/json/members.ts'
import { parseJson } from '#lib/json/parse.ts'

/** What stands on the wire where our types have branded ids, names of states, or bigint times. */
export type Wire = Record<string, any>

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown

/** An integer that a float cannot hold exactly becomes a bigint, wherever it stands. */
const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/** Reads JSON without losing digits of int64. Throws when it is none. */
export const parseWire = (text: string): any =>
  hasEscapedKey(text) ? parseJson(text) : JSON.parse(text, exact as (key: string, value: unknown) => unknown)

/** A field that is always a bigint for us, however small it is. Absent = 0. */
export const int64 = (value: unknown): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n

const rfc3339 = /^(\d{4}-\d\d-\d\dT)(\d\d?)(:\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** RFC 3339 text to Unix nanoseconds, as Go reads it; undefined when it is none. */
export function readTime(text: string): bigint | undefined {
  const [all, day = '', hour = '', rest = '', fraction = '', sign, hours = '0', minutes = '0'] =
    rfc3339.exec(text) ?? []
  if (all === undefined || Number(hours) > 24 || Number(minutes) > 60) return undefined
  const local = `${day}${hour.padStart(2, '0')}${rest}.000Z`
  const date = new Date(local)
  // The language turns days that a month has not, and hour 24, into those of the next.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== local) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60)
  const seconds = BigInt(date.getTime() / 1_000 - offset)
  return seconds * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

const goZeroTime = readTime('0001-01-01T00:00:00Z')

/** A time of an answer in Unix nanoseconds; Go's zero time, and anything unreadable, is 0. */
export function nsOfTime(value: unknown): bigint {
  const ns = typeof value === 'string' ? readTime(value) : undefined
  return ns === undefined || ns === goZeroTime ? 0n : ns
}
