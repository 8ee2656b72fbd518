import { escapedByte } from '../go/byte-text.ts'
import { isPrintable } from '../go/strconv-quote.ts'

const htmlEscapes: Record<string, string> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

/** Go's `template.HTMLEscapeString`. */
export const escapeHtml = (text: string): string => text.replace(/[\0"'&<>]/g, (char) => htmlEscapes[char] as string)

/** Go's `template.JSEscapeString`. */
export function escapeJs(text: string): string {
  let escaped = ''
  for (const char of text) escaped += escapedJsChar(char)
  return escaped
}

function escapedJsChar(char: string): string {
  const code = char.codePointAt(0) as number
  if (char === '\\' || char === "'" || char === '"') return `\\${char}`
  const needsNumber = code < 0x20 || '<>&='.includes(char) || (code >= 0x80 && !isShown(char, code))
  return needsNumber ? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}` : char
}

/** An invalid byte counts as U+FFFD, which is printable. */
const isShown = (char: string, code: number): boolean => escapedByte(code) !== undefined || isPrintable(char)
