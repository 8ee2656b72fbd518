import { Fault } from '../fault.ts'
import { quote } from '../go/strconv-quote.ts'

/** The integer a JSON number's source means, a bigint when a float cannot hold it; undefined when it is none of that size. */
export function integerOf(source: string, size: { bits: number; isSigned: boolean }): number | bigint | undefined {
  if (!/^-?[0-9]{1,20}$/.test(source) || (source.startsWith('-') && !size.isSigned)) return undefined
  const value = BigInt(source)
  const isFitting = size.isSigned
    ? BigInt.asIntN(size.bits, value) === value
    : BigInt.asUintN(size.bits, value) === value
  if (!isFitting) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The number inside the string of a quoted integer; null when it says null. `text` undefined = it is not quoted. */
export function quotedInteger(text: string | undefined, type: string): string | null {
  const problem = 'json: invalid use of ,string struct tag, trying to unmarshal'
  if (text === undefined) throw new Fault('BadRequest', `${problem} unquoted value into ${type}`)
  if (text === 'null') return null
  if (!/^[-0-9]/.test(text)) throw new Fault('BadRequest', `${problem} ${quote(text)} into ${type}`)
  return text
}
