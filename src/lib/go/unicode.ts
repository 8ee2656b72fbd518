/** Go's rules about characters, where JavaScript's differ: what is space, and case without locale or expansion. */
const space = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/
const leading = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/** `unicode.IsSpace`; unlike JavaScript's `\s` it takes U+0085 and not U+FEFF. */
export const isSpace = (char: string): boolean => space.test(char)
export const isLetter = (char: string): boolean => /^\p{L}$/u.test(char)
export const isDigit = (char: string): boolean => /^\p{Nd}$/u.test(char)

/** `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  const start = leading.exec(text)?.[0].length ?? 0
  if (start === text.length) return ''
  let end = text.length
  while (space.test(text[end - 1] as string)) end--
  return text.slice(start, end)
}

/** `unicode.ToUpper` of each character: one for one, unlike `ß` in JavaScript. */
export const toUpper = (text: string): string => mapped(text, upperOf)

/** `unicode.ToLower` of each character. */
export const toLower = (text: string): string =>
  mapped(text, (char) => (char === '\u0130' ? 'i' : onlyOne(char.toLowerCase(), char)))

/** `strings.EqualFold`: the same text but for case, one character for one. */
export function equalFold(left: string, right: string): boolean {
  const [lefts, rights] = [[...left], [...right]]
  return lefts.length === rights.length && lefts.every((char, at) => isSameFolded(char, rights[at] as string))
}

/** Case-insensitive regular expressions fold simply, as Go does: K and the Kelvin sign are one. */
const isSameFolded = (left: string, right: string): boolean =>
  left === right || new RegExp(`^\\u{${(left.codePointAt(0) as number).toString(16)}}$`, 'iu').test(right)

/** Greek letters with iota below have a capital of their own that JavaScript writes as two. */
function upperOf(char: string): string {
  const code = char.codePointAt(0) as number
  if (code >= 0x1f80 && code <= 0x1faf && (code & 8) === 0) return String.fromCodePoint(code + 8)
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9)
  return onlyOne(char.toUpperCase(), char)
}

const onlyOne = (changed: string, char: string): string => ([...changed].length === 1 ? changed : char)

function mapped(text: string, map: (char: string) => string): string {
  let result = ''
  for (const char of text) result += map(char)
  return result
}
