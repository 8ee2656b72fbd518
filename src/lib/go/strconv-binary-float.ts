/** Go's `strconv.FormatFloat` for `b` (`4503599627370496p-52`) and `x`, `X` (`0x1.8p+00`); precision -1 is exact. */
export function formatBinaryFloat(value: number, format: 'b' | 'x' | 'X', precision = -1): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const sign = bits >> 63n === 1n ? '-' : ''
  const field = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = field === 0 ? fraction : fraction | (1n << 52n)
  const power = (field === 0 ? 1 : field) - 1075
  if (format === 'b') return `${sign}${mantissa}p${power < 0 ? '' : '+'}${power}`
  const text = sign + hex(mantissa, power + 52, precision)
  return format === 'X' ? text.toUpperCase() : text
}

/** mantissa × 2^(power - 52), normalised to one digit before the point, rounded half to even. */
function hex(mantissa: bigint, power: number, precision: number): string {
  let bits = mantissa
  let exponent = mantissa === 0n ? 0 : power
  while (bits !== 0n && bits < 1n << 52n) {
    bits <<= 1n
    exponent--
  }
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(52 - precision * 4)
    const rest = bits & ((1n << drop) - 1n)
    const half = 1n << (drop - 1n)
    bits >>= drop
    if (rest > half || (rest === half && (bits & 1n) === 1n)) bits += 1n
    bits <<= drop
    if (bits >= 1n << 53n) {
      bits >>= 1n
      exponent++
    }
  }
  const digits = (bits & 0xfffffffffffffn).toString(16).padStart(13, '0')
  const shown = precision < 0 ? digits.replace(/0+$/, '') : digits.slice(0, precision).padEnd(precision, '0')
  const sign = exponent < 0 ? '-' : '+'
  return `0x${bits >> 52n}${shown === '' ? '' : `.${shown}`}p${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
