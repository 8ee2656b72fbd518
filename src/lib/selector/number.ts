/** A number in a label: an int64, exactly, or a decimal (our extension to what Kubernetes compares). */
export function numberOf(text: string): bigint | number | undefined {
  if (/^[+-]?[0-9]{1,40}$/.test(text)) {
    const value = BigInt(text.replace('+', ''))
    return BigInt.asIntN(64, value) === value ? value : undefined
  }
  return /^[+-]?[0-9]{1,40}\.[0-9]{1,40}$/.test(text) ? Number(text) : undefined
}
