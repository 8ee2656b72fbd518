import { codePointByteLength } from '../go/byte-text.ts'
import { isBreak } from './characters.ts'
import { isShownAsIs, type ScalarStyle } from './scalar-style.ts'

/** Lines are folded at the first space beyond this column. */
const WIDTH = 80

/** Text under construction: knows its column, where a line was only indented so far, and how scalars are folded. */
export class YamlOutput {
  #text = ''
  #column = 0
  /** Only blanks and dashes since the line began, so that a collection may begin on it. */
  #isLineOpen = true
  /** The last thing written separates from what comes next. */
  #isSeparated = true

  /** The text with its last line ended. */
  finish(): string {
    if (this.#column > 0) this.#break('\n')
    return this.#text
  }

  /** Begins a line at a column, or goes on with the present one when only dashes are on it. */
  newLine(indent: number): void {
    const isTooFar = this.#column > indent || (this.#column === indent && !this.#isSeparated)
    if (!this.#isLineOpen || isTooFar) this.#break('\n')
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column))
    this.#isSeparated = true
    this.#isLineOpen = true
  }

  /** `-`, `?`, `:` before a value (`keepsLineOpen`), or an empty collection. */
  indicator(text: string, keepsLineOpen = false): void {
    this.#separate()
    this.#put(text)
    this.#isSeparated = false
    this.#isLineOpen = this.#isLineOpen && keepsLineOpen
  }

  /** The colon right behind a simple key. */
  colon(): void {
    this.#put(':')
    this.#isSeparated = false
    this.#isLineOpen = false
  }

  /** A key on one line, never folded. */
  key(text: string, style: ScalarStyle): void {
    this.#scalar(text, style, undefined)
  }

  /** A value; `indent` is the column of its further lines. */
  scalar(text: string, style: ScalarStyle, indent: number): void {
    this.#scalar(text, style, indent)
  }

  #scalar(text: string, style: ScalarStyle, indent: number | undefined): void {
    this.#separate()
    if (style === 'literal') return this.#literal(text, indent ?? 0)
    if (style === 'double') this.#double([...text], indent)
    else this.#foldable([...text], style === 'single', indent)
    this.#isSeparated = false
    this.#isLineOpen = false
  }

  #separate(): void {
    if (!this.#isSeparated) this.#put(' ')
  }

  /** Plain and single-quoted. */
  #foldable(chars: string[], isQuoted: boolean, indent: number | undefined): void {
    if (isQuoted) this.#put("'")
    let isAfterSpace = false
    let isAfterBreak = false
    for (const [at, char] of chars.entries()) {
      const isInside = !isQuoted || (at > 0 && at < chars.length - 1)
      if (char === ' ') {
        const folds = indent !== undefined && !isAfterSpace && this.#column > WIDTH && isInside && chars[at + 1] !== ' '
        if (folds) this.#continueAt(indent)
        else this.#put(char)
        isAfterSpace = true
      } else if (isBreak(char.charCodeAt(0))) {
        if (!isAfterBreak && char === '\n') this.#break('\n')
        this.#break(char)
        isAfterBreak = true
      } else {
        if (isAfterBreak) this.#continueAt(indent ?? 0)
        this.#put(isQuoted && char === "'" ? "''" : char)
        isAfterSpace = false
        isAfterBreak = false
      }
    }
    if (isQuoted) this.#put("'")
  }

  #double(chars: string[], indent: number | undefined): void {
    this.#put('"')
    let isAfterSpace = false
    for (const [at, char] of chars.entries()) {
      if (char !== ' ') {
        this.#put(escaped(char))
        isAfterSpace = false
        continue
      }
      const isInside = at > 0 && at < chars.length - 1
      if (indent !== undefined && !isAfterSpace && this.#column > WIDTH && isInside) {
        this.#continueAt(indent)
        if (chars[at + 1] === ' ') this.#put('\\')
      } else {
        this.#put(char)
      }
      isAfterSpace = true
    }
    this.#put('"')
  }

  /** `|` with the hints for leading space and the line breaks at the end, then the lines as they are. */
  #literal(text: string, indent: number): void {
    const leading = /^[ \n\u2028\u2029]/.test(text) ? '2' : ''
    const chomping = !/[\n\u2028\u2029]$/.test(text) ? '-' : /^.?$|[\n\u2028\u2029].$/su.test(text) ? '+' : ''
    this.#put(`|${leading}${chomping}`)
    this.#break('\n')
    let isAtLineStart = true
    for (const char of text) {
      if (isBreak(char.charCodeAt(0))) {
        this.#break(char)
        isAtLineStart = true
        continue
      }
      if (isAtLineStart) this.#put(' '.repeat(indent))
      this.#put(char)
      isAtLineStart = false
    }
    this.#isSeparated = true
    this.#isLineOpen = isAtLineStart
  }

  #continueAt(indent: number): void {
    if (this.#column > 0) this.#break('\n')
    this.#put(' '.repeat(indent))
  }

  #put(text: string): void {
    this.#text += text
    this.#column += text.length === 1 ? 1 : [...text].length
  }

  #break(text: string): void {
    this.#text += text
    this.#column = 0
  }
}

const named: Record<number, string> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
}

function escaped(char: string): string {
  const code = (char.isWellFormed() ? char : '\ufffd').codePointAt(0) as number
  if (isShownAsIs(code) && !isBreak(code) && char !== '"' && char !== '\\') return char
  if (named[code] !== undefined && code !== 160) return `\\${named[code]}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return codePointByteLength(code) < 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
