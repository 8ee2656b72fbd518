import { Fault } from './fault.ts'
import { quoteBytes } from './quote-bytes.ts'

/** A point in time with the offset it was written in. */
export type ZonedTime = {
  /** Nanoseconds since 1970 in UTC; years 0 to 9999. */
  unixNs: bigint
  /** Seconds east of UTC; 0 is written as Z. */
  offsetSeconds: number
}

/** Go's zero time, `0001-01-01T00:00:00Z`. */
export const zeroTimeNs = -62_135_596_800_000_000_000n

const nanosPerSecond = 1_000_000_000n
const year0Ns = BigInt(Date.UTC(-1, 12)) * 1_000_000n
const year10000Ns = BigInt(Date.UTC(9999, 12)) * 1_000_000n

/** One field of the layout: what Go calls it, how many digits it has, its range and the range's name. */
type Field = { name: string; digits: number; min: number; max: number; range: string; after: string }
const fields: readonly Field[] = [
  { name: '2006', digits: 4, min: 0, max: 9999, range: 'year', after: '-' },
  { name: '01', digits: 2, min: 1, max: 12, range: 'month', after: '-' },
  { name: '02', digits: 2, min: -1, max: 99, range: 'day', after: 'T' },
  { name: '15', digits: 2, min: 0, max: 23, range: 'hour', after: ':' },
  { name: '04', digits: 2, min: 0, max: 59, range: 'minute', after: ':' },
  { name: '05', digits: 2, min: 0, max: 59, range: 'second', after: '' },
]

/** Reads an RFC 3339 time as Go's JSON does. Throws Fault('BadRequest') with Go's sentence. */
export function parseRfc3339(text: string): ZonedTime {
  let rest = text
  const values: number[] = []
  for (const field of fields) {
    const size = digitsOf(field, rest)
    if (size === 0) throw cannotParse(text, rest, field.name)
    const value = Number(rest.slice(0, size))
    rest = rest.slice(size)
    if (value < field.min || value > field.max) throw timeFault(text, `: ${field.range} out of range`)
    if (!rest.startsWith(field.after)) throw cannotParse(text, rest, field.after)
    rest = rest.slice(field.after.length)
    values.push(value)
  }
  const [, fraction = ''] = /^[.,]([0-9]+)/.exec(rest) ?? []
  const zone = rest.slice(fraction === '' ? 0 : fraction.length + 1)
  const offsetSeconds = offsetOf(zone, text)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = values
  if (day < 1 || day > daysIn(year, month)) throw timeFault(text, ': day out of range')
  const seconds = BigInt(utcSeconds(year, month, day, hour, minute, second) - offsetSeconds)
  return { unixNs: seconds * nanosPerSecond + BigInt(fraction.slice(0, 9).padEnd(9, '0')), offsetSeconds }
}

/** Writes RFC 3339 with as many fractional digits as needed. Throws Fault for years that have not four digits. */
export function formatRfc3339({ unixNs, offsetSeconds }: ZonedTime): string {
  const local = unixNs + BigInt(offsetSeconds) * nanosPerSecond
  if (local < year0Ns || local >= year10000Ns) throw marshalFault('year outside of range [0,9999]')
  const minutes = Math.abs(Math.trunc(offsetSeconds / 60))
  if (minutes >= 24 * 60) throw marshalFault('timezone hour outside of range [0,23]')
  const nanos = ((local % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
  const whole = new Date(Number((local - nanos) / 1_000_000n)).toISOString().slice(0, 19)
  const fraction = nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`
  if (offsetSeconds === 0) return `${whole}${fraction}Z`
  return `${whole}${fraction}${offsetSeconds < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`
}

/** RFC 3339 in UTC of Unix nanoseconds, the form of times on the wire. */
export const rfc3339OfNs = (unixNs: bigint): string => formatRfc3339({ unixNs, offsetSeconds: 0 })

/** How many digits of the field stand in front; 0 = it is not there. Go lets an hour have one. */
function digitsOf(field: Field, text: string): number {
  if (new RegExp(`^[0-9]{${field.digits}}`).test(text)) return field.digits
  return field.name === '15' && /^[0-9]/.test(text) ? 1 : 0
}

function offsetOf(zone: string, text: string): number {
  if (zone.startsWith('Z')) return endsWith(zone.slice(1), text, 0)
  const [all, sign, hours, minutes] = /^([+-])([0-9]{2}):([0-9]{2})/.exec(zone) ?? []
  if (all === undefined) throw cannotParse(text, zone, 'Z07:00')
  if (Number(hours) > 24) throw timeFault(text, ': time zone offset hour out of range')
  if (Number(minutes) > 60) throw timeFault(text, ': time zone offset minute out of range')
  const size = Number(hours) * 3600 + Number(minutes) * 60
  return endsWith(zone.slice(all.length), text, sign === '-' ? -size : size)
}

function endsWith(rest: string, text: string, offset: number): number {
  if (rest !== '') throw timeFault(text, `: extra text: ${quoteBytes(rest)}`)
  return offset
}

const daysIn = (year: number, month: number): number =>
  new Date(utcSeconds(year, month + 1, 0, 0, 0, 0) * 1000).getUTCDate()

/** Seconds since 1970; Date.UTC alone takes years below 100 for those of the last century. */
function utcSeconds(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return Math.trunc(date.getTime() / 1000) + hour * 3600 + minute * 60 + second
}

const two = (value: number): string => String(value).padStart(2, '0')

const timeFault = (text: string, problem: string): Fault =>
  new Fault('BadRequest', `parsing time ${quoteBytes(text)}${problem}`, {
    hint: 'Write times like 2024-01-31T12:00:00Z.',
  })

const cannotParse = (text: string, part: string, name: string): Fault =>
  timeFault(text, ` as "2006-01-02T15:04:05Z07:00": cannot parse ${quoteBytes(part)} as ${quoteBytes(name)}`)

const marshalFault = (problem: string): Fault => new Fault('BadRequest', `Time.MarshalJSON: ${problem}`)
