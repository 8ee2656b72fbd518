/** Go's rules about characters, where JavaScript's differ: what is space, and case without locale or expansion. */
const space = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/
const leading = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const trailing = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/

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

/** `strings.TrimRight` of the same characters. */
export const trimSpaceRight = (text: string): string => text.replace(trailing, '')

/** `unicode.ToUpper` of each character: one for one, unlike `ß` in JavaScript. */
export const toUpper = (text: string): string => mapped(text, (char) => char.toUpperCase())

/** `unicode.ToLower` of each character. */
export const toLower = (text: string): string => mapped(text, (char) => char.toLowerCase())

function mapped(text: string, map: (char: string) => string): string {
  let result = ''
  for (const char of text) {
    const changed = map(char)
    result += [...changed].length === 1 ? changed : char
  }
  return result
}
