/** A value with its Go type, as far as messages and templates need them; null is Go's untyped nil. */
export type GoValue =
  | null
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'int' | 'uint8'; readonly number: bigint }
  | { readonly kind: 'float64'; readonly number: number }
  | { readonly kind: 'complex128'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'bool'; readonly isTrue: boolean }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, string> | null }
  | { readonly kind: 'list'; readonly items: readonly string[] | null }

export const goString = (text: string): GoValue => ({ kind: 'string', text })
export const goInt = (number: bigint | number): GoValue => ({ kind: 'int', number: BigInt(number) })
export const goBool = (isTrue: boolean): GoValue => ({ kind: 'bool', isTrue })

/** The name Go gives the type: `string`, `int`, `map[string]string` … */
export function goTypeName(value: GoValue): string {
  if (value === null) return '<nil>'
  if (value.kind === 'map') return 'map[string]string'
  return value.kind === 'list' ? '[]string' : value.kind
}

/** Go's order of strings: by bytes, which for valid text is by code point. For `toSorted`. */
export function compareGoStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1
  }
  return left.length - right.length
}

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** The entries of a map in the order Go prints and ranges over them. */
export const sortedEntries = (entries: ReadonlyMap<string, string> | null): [string, string][] =>
  [...(entries ?? [])].toSorted(([left], [right]) => compareGoStrings(left, right))
