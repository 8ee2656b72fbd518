import { codePointByteLength, escapedByte } from './byte-text.ts'

const named: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export const isPrintable = (char: string): boolean =>
  // Not a constant: a pattern of such classes takes a millisecond to make, at each start of a command.
  isAsciiPrintable(char) || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char)

/** Go's `strconv.Quote`, the form `%q` prints: double quotes, Go escapes, invalid bytes as `\xff`. */
export function quote(text: string): string {
  return quoteWith(text, '"', isPrintable)
}

/** Go's `strconv.QuoteToASCII` (`%+q`): everything beyond ASCII is escaped. */
export function quoteToAscii(text: string): string {
  return quoteWith(text, '"', isAsciiPrintable)
}

/** Go's `strconv.QuoteRune` (`%q` of an integer); what is no code point becomes U+FFFD. */
export function quoteRune(codePoint: number, isAscii = false): string {
  const isValid = codePoint >= 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
  const char = String.fromCodePoint(isValid ? codePoint : 0xfffd)
  return quoteWith(char, "'", isAscii ? isAsciiPrintable : isPrintable)
}

/** Whether a text can stand between backquotes unchanged (`strconv.CanBackquote`, used by `%#q`). */
export function canBackquote(text: string): boolean {
  return text.isWellFormed() && !/[`\ufeff\x7f]|[\x00-\x08\x0a-\x1f]/.test(text)
}

const isAsciiPrintable = (char: string): boolean => char >= ' ' && char <= '~'

function quoteWith(text: string, mark: string, isShown: (char: string) => boolean): string {
  let quoted = mark
  for (const char of text) quoted += escaped(char, mark, isShown)
  return quoted + mark
}

function escaped(char: string, mark: string, isShown: (char: string) => boolean): string {
  if (char === mark || char === '\\') return `\\${char}`
  const code = char.codePointAt(0) as number
  const byte = escapedByte(code)
  if (byte !== undefined) return `\\x${hex(byte, 2)}`
  const shown = char.isWellFormed() ? char : '\ufffd'
  if (isShown(shown)) return shown
  if (named[shown] !== undefined) return named[shown]
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  const value = shown.codePointAt(0) as number
  return codePointByteLength(value) < 4 ? `\\u${hex(value, 4)}` : `\\U${hex(value, 8)}`
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')
