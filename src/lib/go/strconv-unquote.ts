import { Fault } from '../fault.ts'
import { bytesOfText, textOfBytes } from './byte-text.ts'

const simple: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
const lengths: Record<string, number> = { x: 2, u: 4, U: 8 }

/**
 * Go's `strconv.Unquote` of a `"…"` or `` `…` `` literal. Throws Fault('BadRequest') `invalid syntax`.
 */
export function unquote(literal: string): string {
  const mark = literal[0]
  if (literal.length < 2 || mark !== literal.at(-1)) throw syntaxFault()
  const inside = literal.slice(1, -1)
  if (mark === '`') {
    if (inside.includes('`')) throw syntaxFault()
    return inside.replaceAll('\r', '')
  }
  if (mark !== '"' || inside.includes('\n')) throw syntaxFault()
  if (!/["\\]/.test(inside)) return inside
  const bytes: number[] = []
  for (let rest = inside; rest !== ''; ) {
    const { code, isByte, tail } = unquoteChar(rest, '"')
    if (isByte) bytes.push(code)
    else bytes.push(...bytesOfText(String.fromCodePoint(code)))
    rest = tail
  }
  return textOfBytes(Uint8Array.from(bytes))
}

/**
 * Go's `strconv.UnquoteChar`: the first character or escape of a text in the given quotes, and what follows it.
 * `isByte` tells that `\x` or octal digits named a byte, not a code point.
 */
export function unquoteChar(text: string, mark: string): { code: number; isByte: boolean; tail: string } {
  const first = text.codePointAt(0)
  if (first === undefined || text[0] === mark) throw syntaxFault()
  if (text[0] !== '\\') return { code: first, isByte: false, tail: text.slice(first > 0xffff ? 2 : 1) }
  const letter = text[1] ?? ''
  if (simple[letter] !== undefined) return { code: simple[letter], isByte: false, tail: text.slice(2) }
  if (letter === mark) return { code: letter.charCodeAt(0), isByte: false, tail: text.slice(2) }
  if (/[0-7]/.test(letter)) return numbered(text, text.slice(1, 4), /^[0-7]{3}$/, 8)
  const length = lengths[letter]
  if (length === undefined) throw syntaxFault()
  return numbered(text, text.slice(2, 2 + length), new RegExp(`^[0-9a-fA-F]{${length}}$`), 16)
}

function numbered(text: string, digits: string, form: RegExp, base: 8 | 16) {
  if (!form.test(digits)) throw syntaxFault()
  const code = Number.parseInt(digits, base)
  const isByte = base === 8 || digits.length === 2
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  if (isByte ? code > 0xff : code > 0x10ffff || isSurrogate) throw syntaxFault()
  return { code, isByte, tail: text.slice(base === 8 ? 4 : 2 + digits.length) }
}

const syntaxFault = (): Fault => new Fault('BadRequest', 'invalid syntax')
