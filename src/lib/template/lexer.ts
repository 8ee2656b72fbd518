import { isPrintable, quote } from '../go/strconv-quote.ts'
import { type Keyword, keywords, type Token, type TokenKind } from './token.ts'

/**
 * Template text to tokens: text outside `{{ }}`, the words inside. Trim markers and comments are carried out here.
 * Hands out one token at a time; behind an error there is nothing more.
 */
export class Lexer {
  readonly #text: string
  #at = 0
  #start = 0
  #line = 1
  #startLine = 1
  #isInAction = false
  #parenDepth = 0
  #isOver = false

  constructor(text: string) {
    this.#text = text
  }

  next(): Token {
    if (this.#isOver) return { kind: 'eof', at: this.#start, text: 'EOF', line: this.#startLine }
    return this.#isInAction ? this.#inAction() : this.#outside()
  }

  #outside(): Token {
    while (true) {
      const open = this.#text.indexOf('{{', this.#at)
      if (open < 0) return this.#lastText()
      if (open > this.#at) {
        const isTrimmed = hasTrimMarker(this.#text, open + 2)
        const shown = this.#text.slice(this.#at, open)
        this.#at += (isTrimmed ? shown.replace(/[ \t\r\n]+$/, '') : shown).length
        const token = this.#emit('text')
        this.#at = open
        this.#ignore()
        if (token.text !== '') return token
      }
      const token = this.#leftDelimiter()
      if (token !== undefined) return token
    }
  }

  #lastText(): Token {
    this.#at = this.#text.length
    if (this.#at > this.#start) return this.#emit('text')
    return { kind: 'eof', at: this.#start, text: 'EOF', line: this.#startLine }
  }

  /** The delimiter, or nothing when a comment followed it. */
  #leftDelimiter(): Token | undefined {
    this.#at += 2
    const afterMarker = hasTrimMarker(this.#text, this.#at) ? 2 : 0
    if (this.#text.startsWith('/*', this.#at + afterMarker)) {
      this.#at += afterMarker
      this.#ignore()
      return this.#comment()
    }
    const token = this.#emit('left-delimiter')
    this.#isInAction = true
    this.#at += afterMarker
    this.#ignore()
    this.#parenDepth = 0
    return token
  }

  #comment(): Token | undefined {
    const close = this.#text.indexOf('*/', this.#at + 2)
    if (close < 0) return this.#error('unclosed comment')
    this.#at = close + 2
    const length = this.#rightDelimiterLength()
    if (length === 0) return this.#error('comment ends before closing delimiter')
    this.#at += length
    if (length > 2) this.#skipSpace()
    this.#ignore()
    return undefined
  }

  /** 2 for `}}`, 4 for ` -}}`, 0 for anything else. */
  #rightDelimiterLength(): number {
    if (this.#text.startsWith('}}', this.#at)) return 2
    const isTrimming = isSpace(this.#text[this.#at]) && this.#text.startsWith('-}}', this.#at + 1)
    return isTrimming ? 4 : 0
  }

  #inAction(): Token {
    const length = this.#rightDelimiterLength()
    if (length > 0) return this.#parenDepth === 0 ? this.#rightDelimiter(length) : this.#error('unclosed left paren')
    const char = this.#next()
    if (char === '') return this.#error('unclosed action')
    if (isSpace(char)) return this.#space()
    switch (char) {
      case '=':
        return this.#emit('assign')
      case ':':
        return this.#next() === '=' ? this.#emit('declare') : this.#error('expected :=')
      case '|':
        return this.#emit('pipe')
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string')
      case "'":
        return this.#quoted("'", 'char-constant', 'unterminated character constant')
      case '`':
        return this.#raw()
      case '$':
        return this.#isAtTerminator() ? this.#emit('variable') : this.#fieldOrVariable('variable')
      case '(':
        this.#parenDepth++
        return this.#emit('left-paren')
      case ')':
        return --this.#parenDepth < 0 ? this.#error('unexpected right paren') : this.#emit('right-paren')
    }
    return this.#word(char)
  }

  #word(char: string): Token {
    if (char === '.' && /[^0-9]/.test(this.#peek())) return this.#fieldOrVariable('field')
    if (/[-.+0-9]/.test(char)) {
      this.#at = this.#start
      return this.#number()
    }
    if (isAlphanumeric(char)) return this.#identifier()
    if (char <= '~' && isPrintable(char)) return this.#emit('char')
    return this.#error(`unrecognized character in action: ${unicodeName(char)}`)
  }

  #rightDelimiter(length: number): Token {
    this.#at += length - 2
    this.#ignore()
    this.#at += 2
    const token = this.#emit('right-delimiter')
    if (length > 2) {
      this.#skipSpace()
      this.#ignore()
    }
    this.#isInAction = false
    return token
  }

  /** A run of space, without the last when that belongs to ` -}}`. */
  #space(): Token {
    this.#skipSpace()
    if (this.#text.startsWith('-}}', this.#at)) {
      this.#at--
      if (this.#at === this.#start) return this.#rightDelimiter(4)
    }
    return this.#emit('space')
  }

  #identifier(): Token {
    const char = this.#skipWord()
    if (!this.#isAtTerminator()) return this.#error(`bad character ${unicodeName(char)}`)
    const word = this.#text.slice(this.#start, this.#at)
    if (keywords.has(word)) return this.#emit(word as Keyword)
    return this.#emit(word === 'true' || word === 'false' ? 'bool' : 'identifier')
  }

  #fieldOrVariable(kind: 'field' | 'variable'): Token {
    if (this.#isAtTerminator()) return this.#emit(kind === 'field' ? 'dot' : 'variable')
    const char = this.#skipWord()
    return this.#isAtTerminator() ? this.#emit(kind) : this.#error(`bad character ${unicodeName(char)}`)
  }

  /** Steps over letters, digits and underscores; returns the character behind them. */
  #skipWord(): string {
    while (isAlphanumeric(this.#peek())) this.#next()
    return this.#peek()
  }

  #quoted(mark: '"' | "'", kind: 'string' | 'char-constant', problem: string): Token {
    while (true) {
      const char = this.#next()
      if (char === mark) return this.#emit(kind)
      const isBroken = char === '' || char === '\n' || (char === '\\' && /^\n?$/.test(this.#next()))
      if (isBroken) return this.#error(problem)
    }
  }

  #raw(): Token {
    const close = this.#text.indexOf('`', this.#at)
    if (close < 0) return this.#error('unterminated raw quoted string')
    this.#at = close + 1
    return this.#emit('raw-string')
  }

  #number(): Token {
    if (!this.#scanNumber()) return this.#badNumber()
    if (!/^[-+]$/.test(this.#peek())) return this.#emit('number')
    const isComplex = this.#scanNumber() && this.#text[this.#at - 1] === 'i'
    return isComplex ? this.#emit('complex') : this.#badNumber()
  }

  #badNumber(): Token {
    return this.#error(`bad number syntax: ${quote(this.#text.slice(this.#start, this.#at))}`)
  }

  #scanNumber(): boolean {
    this.#accept(/[-+]/)
    const base = this.#accept(/0/)
      ? this.#accept(/[xX]/)
        ? 16
        : this.#accept(/[oO]/)
          ? 8
          : this.#accept(/[bB]/)
            ? 2
            : 10
      : 10
    const digit = { 2: /[01_]/, 8: /[0-7_]/, 10: /[0-9_]/, 16: /[0-9a-fA-F_]/ }[base] as RegExp
    this.#acceptRun(digit)
    if (this.#accept(/\./)) this.#acceptRun(digit)
    if ((base === 10 && this.#accept(/[eE]/)) || (base === 16 && this.#accept(/[pP]/))) {
      this.#accept(/[-+]/)
      this.#acceptRun(/[0-9_]/)
    }
    this.#accept(/i/)
    if (!isAlphanumeric(this.#peek())) return true
    this.#next()
    return false
  }

  #accept(form: RegExp): boolean {
    if (!form.test(this.#peek())) return false
    this.#at++
    return true
  }

  #acceptRun(form: RegExp): void {
    while (this.#accept(form)) continue
  }

  #isAtTerminator(): boolean {
    return /^(?:[ \t\r\n.,|:()]|$)/.test(this.#peek()) || this.#text.startsWith('}}', this.#at)
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++
  }

  /** The next character, '' at the end. */
  #peek(): string {
    const code = this.#text.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #next(): string {
    const char = this.#peek()
    this.#at += char.length
    return char
  }

  #emit(kind: TokenKind): Token {
    const token = { kind, at: this.#start, text: this.#text.slice(this.#start, this.#at), line: this.#startLine }
    this.#ignore()
    return token
  }

  /** Goes on behind what was read; lines are counted here. */
  #ignore(): void {
    for (let at = this.#start; at < this.#at; at++) if (this.#text.charCodeAt(at) === 0x0a) this.#line++
    this.#start = this.#at
    this.#startLine = this.#line
  }

  #error(text: string): Token {
    this.#isOver = true
    return { kind: 'error', at: this.#start, text, line: this.#startLine }
  }
}

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\t' || char === '\r' || char === '\n'
const hasTrimMarker = (text: string, at: number): boolean => text[at] === '-' && isSpace(text[at + 1])
const isAlphanumeric = (char: string): boolean => /^[\p{L}\p{Nd}_]$/u.test(char)

/** `U+0041 'A'`, the way `%#U` prints a character. */
function unicodeName(char: string): string {
  const shown = char.isWellFormed() ? char : '\ufffd'
  const name = `U+${(shown.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return isPrintable(shown) ? `${name} '${shown}'` : name
}
