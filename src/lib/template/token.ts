import { byteLength } from '../go/byte-text.ts'
import { quote } from '../go/strconv-quote.ts'

export type TokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'left-delimiter'
  | 'right-delimiter'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'left-paren'
  | 'right-paren'
  | 'char'
  | 'bool'
  | 'char-constant'
  | 'complex'
  | 'number'
  | 'string'
  | 'raw-string'
  | 'identifier'
  | 'field'
  | 'variable'
  | Keyword

/** Words of the language; `.` is one of them. */
export type Keyword =
  | 'dot'
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with'

export type Token = {
  kind: TokenKind
  /** Index in the text, in UTF-16 units. */
  at: number
  text: string
  /** Line on which it begins, from 1. */
  line: number
}

export const keywords: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])
const isKeyword = (kind: string): boolean => kind === 'dot' || keywords.has(kind)

/** A token as messages show it: quoted, long ones cut, keywords in angle brackets. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'eof' || kind === 'error') return kind === 'eof' ? 'EOF' : text
  if (isKeyword(kind)) return `<${text}>`
  return byteLength(text) > 10 ? `${quote([...text].slice(0, 10).join(''))}...` : quote(text)
}
