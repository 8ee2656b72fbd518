/** Digits of a number: 0.d1d2d3… × 10^point, without trailing zeros ('' is zero). */
type Decimal = { digits: string; point: number }

export type FloatFormat = 'e' | 'E' | 'f' | 'g' | 'G'

/**
 * Go's `strconv.FormatFloat`. `precision` -1 is the fewest digits that read back as the same number
 * (of 32 bits when `bits` is 32); otherwise digits after the point, or all digits for `g`. Ties go to even.
 */
export function formatFloat(value: number, format: FloatFormat, precision = -1, bits: 32 | 64 = 64): string {
  const number = bits === 32 ? Math.fround(value) : value
  if (Number.isNaN(number)) return 'NaN'
  if (!Number.isFinite(number)) return number > 0 ? '+Inf' : '-Inf'
  const sign = number < 0 || Object.is(number, -0) ? '-' : ''
  return sign + unsigned(Math.abs(number), format, precision, bits)
}

function unsigned(value: number, format: FloatFormat, precision: number, bits: 32 | 64): string {
  const isShortest = precision < 0
  const decimal = isShortest ? shortest(value, bits) : exact(value)
  if (format === 'f') {
    const places = isShortest ? Math.max(decimal.digits.length - decimal.point, 0) : precision
    return fixed(isShortest ? decimal : rounded(decimal, decimal.point + places), places)
  }
  if (format === 'e' || format === 'E') {
    const places = isShortest ? Math.max(decimal.digits.length - 1, 0) : precision
    return exponential(isShortest ? decimal : rounded(decimal, places + 1), places, format)
  }
  return general(decimal, format, precision)
}

/** `%g`: the exponent form when the exponent is below -4 or at least the precision (6 for the shortest form). */
function general(exactDecimal: Decimal, format: 'g' | 'G', precision: number): string {
  const isShortest = precision < 0
  const wanted = isShortest ? 6 : Math.max(precision, 1)
  const decimal = isShortest ? exactDecimal : rounded(exactDecimal, wanted)
  const count = decimal.digits.length
  const limit = !isShortest && wanted > count && count >= decimal.point ? count : wanted
  const exponent = decimal.point - 1
  if (exponent < -4 || exponent >= limit) {
    return exponential(decimal, Math.max(count - 1, 0), format === 'G' ? 'E' : 'e')
  }
  return fixed(decimal, Math.max(count - decimal.point, 0))
}

function fixed({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places === 0) return whole
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`
}

function exponential({ digits, point }: Decimal, places: number, letter: 'e' | 'E'): string {
  const all = digits.padEnd(places + 1, '0')
  const exponent = digits === '' ? 0 : point - 1
  const mantissa = places > 0 ? `${all[0]}.${all.slice(1, places + 1)}` : all[0]
  return `${mantissa}${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Every digit of the binary number. */
function exact(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const field = Number((bits >> 52n) & 0x7ffn)
  const mantissa = (bits & 0xfffffffffffffn) | (field === 0 ? 0n : 1n << 52n)
  const power = (field === 0 ? 1 : field) - 1075
  const scaled = power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power)
  const digits = scaled.toString()
  return trimmed({ digits, point: power >= 0 ? digits.length : digits.length + power })
}

/** The first `count` digits, half to even. */
function rounded({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point }
  if (count < 0) return { digits: '', point: 0 }
  const head = digits.slice(0, count)
  if (!roundsUp(digits, count)) return trimmed({ digits: head, point })
  const next = (BigInt(head || '0') + 1n).toString().padStart(count, '0')
  return trimmed({ digits: next, point: next.length > count ? point + 1 : point })
}

function roundsUp(digits: string, count: number): boolean {
  const isTie = digits[count] === '5' && digits.length === count + 1
  if (isTie) return count > 0 && Number(digits[count - 1]) % 2 === 1
  return (digits[count] as string) >= '5'
}

function trimmed({ digits, point }: Decimal): Decimal {
  const kept = digits.replace(/0+$/, '')
  return { digits: kept, point: kept === '' ? 0 : point }
}

/** The fewest digits that read back as the same number; JavaScript finds them for 64 bits. */
function shortest(value: number, bits: 32 | 64): Decimal {
  const text = bits === 64 ? value.toExponential() : shortest32(value)
  const [mantissa = '', exponent = ''] = text.split('e')
  return trimmed({ digits: mantissa.replace('.', ''), point: Number(exponent) + 1 })
}

function shortest32(single: number): string {
  for (let places = 0; places < 9; places++) {
    const text = single.toExponential(places)
    if (Math.fround(Number(text)) === single) return text
  }
  return single.toExponential()
}
