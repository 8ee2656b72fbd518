import { Fault } from './fault.ts'
import { quoteBytes } from './quote-bytes.ts'

const nanosOfUnit: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const limit = 1n << 63n

/**
 * Reads Go duration text (`1h30m`, `-1.5s`, `0`) as int64 nanoseconds.
 * Throws Fault('BadRequest') with Go's own sentence.
 */
export function parseDuration(text: string): bigint {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0n
  if (body === '') throw durationFault('invalid duration', text)
  let total = 0n
  for (const part of partsOf(body, text)) {
    total += part
    if (total > limit) throw durationFault('invalid duration', text)
  }
  if (sign === '-') return -total
  if (total === limit) throw durationFault('invalid duration', text)
  return total
}

/** Writes nanoseconds as Go does: `1h30m0s`, `1.5s`, `15ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`
  const minutes = size / 60_000_000_000n
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return sign + seconds
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function* partsOf(body: string, whole: string): Generator<bigint> {
  const part = /([0-9]*)(\.?)([0-9]*)([^.0-9]*)/y
  while (part.lastIndex < body.length) {
    const [, digits = '', , fraction = '', unit = ''] = part.exec(body) ?? []
    if (digits + fraction === '' || BigInt(digits) > limit) throw durationFault('invalid duration', whole)
    if (unit === '') throw durationFault('missing unit in duration', whole)
    const nanos = Object.hasOwn(nanosOfUnit, unit) ? nanosOfUnit[unit] : undefined
    if (nanos === undefined) throw durationFault(`unknown unit ${quoteBytes(unit)} in duration`, whole)
    const value = BigInt(digits) * nanos
    if (value > limit) throw durationFault('invalid duration', whole)
    yield value + fractionOf(fraction, nanos)
  }
}

/** Go keeps as many digits of the fraction as fit into an int64 and rounds down through a float. */
function fractionOf(digits: string, unitNanos: bigint): bigint {
  let kept = digits.slice(0, 19)
  if (BigInt(kept) > limit) kept = kept.slice(0, 18)
  const scale = 10 ** kept.length
  return BigInt(Math.trunc(Number(BigInt(kept)) * (Number(unitNanos) / scale)))
}

/** `size` divided by 10^places, without trailing zeros. */
function decimal(size: bigint, places: number): string {
  const digits = size.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  const whole = digits.slice(0, -places)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const durationFault = (problem: string, text: string): Fault =>
  new Fault('BadRequest', `time: ${problem} ${quoteBytes(text)}`, { hint: 'Write durations like 1h30m, 90s or 500ms.' })
