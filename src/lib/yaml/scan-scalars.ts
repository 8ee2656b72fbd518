import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isEnd, isOneOf, isSpace, TAB } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { type Token, tokenOf } from './token.ts'
import { type Mark, yamlFault } from './yaml-fault.ts'

/** Fails while scanning something that began at `start`. */
export const scanFault = (problem: string, cursor: Cursor, start: Mark) =>
  yamlFault(problem, { mark: cursor.mark(), contextMark: start, by: 'scanner' })

/** `|` and `>`: `parentIndent` is the indentation of the surrounding block, -1 at the top. */
export function scanBlockScalar(cursor: Cursor, isLiteral: boolean, parentIndent: number): Token {
  const start = cursor.mark()
  cursor.skip()
  const { chomping, increment } = blockHeader(cursor, start)
  const end = { mark: cursor.mark() }
  let indent = increment > 0 ? Math.max(parentIndent, 0) + increment : 0
  let text = ''
  let leadingBreak = ''
  let isAfterBlank = false
  let breaks = ''
  ;({ indent, breaks } = blockBreaks(cursor, indent, parentIndent, start, end))
  while (cursor.column === indent && !isEnd(cursor.code())) {
    const isOnBlank = isBlank(cursor.code())
    const isFolded = !isLiteral && leadingBreak === '\n' && !isAfterBlank && !isOnBlank
    text += isFolded ? (breaks === '' ? ' ' : '') : leadingBreak
    text += breaks
    isAfterBlank = isOnBlank
    text += cursor.takeWhile((code) => !isBreak(code))
    leadingBreak = cursor.readLine()
    ;({ indent, breaks } = blockBreaks(cursor, indent, parentIndent, start, end))
  }
  if (chomping !== '-') text += leadingBreak
  if (chomping === '+') text += breaks
  return tokenOf('scalar', start, end.mark, { value: text })
}

/** The chomping (`+`, `-`) and indentation (1…9) indicators in any order, then the rest of the line. */
function blockHeader(cursor: Cursor, start: Mark): { chomping: string; increment: number } {
  const readChomping = () => (isOneOf(cursor.code(), '+-') ? cursor.read() : '')
  const readIncrement = () => {
    if (!isDigit(cursor.code())) return 0
    if (cursor.is('0')) throw scanFault('found an indentation indicator equal to 0', cursor, start)
    return Number(cursor.read())
  }
  const before = readChomping()
  const increment = readIncrement()
  const chomping = before === '' && increment > 0 ? readChomping() : before
  cursor.takeWhile(isBlank)
  if (cursor.is('#')) cursor.takeWhile((code) => !isBreak(code))
  if (!isBreakOrEnd(cursor.code())) throw scanFault('did not find expected comment or line break', cursor, start)
  cursor.readLine()
  return { chomping, increment }
}

/** Empty lines and indentation before the next line of a block scalar; finds the indentation when it is still 0. */
function blockBreaks(cursor: Cursor, indent: number, parentIndent: number, start: Mark, end: { mark: Mark }) {
  let breaks = ''
  let deepest = 0
  end.mark = cursor.mark()
  while (true) {
    cursor.takeWhile((code) => (indent === 0 || cursor.column < indent) && isSpace(code))
    deepest = Math.max(deepest, cursor.column)
    if ((indent === 0 || cursor.column < indent) && cursor.code() === TAB) {
      throw scanFault('found a tab character where an indentation space is expected', cursor, start)
    }
    if (!isBreak(cursor.code())) break
    breaks += cursor.readLine()
    end.mark = cursor.mark()
  }
  return { indent: indent === 0 ? Math.max(deepest, parentIndent + 1, 1) : indent, breaks }
}

/** `'…'` and `"…"`. */
export function scanQuotedScalar(cursor: Cursor, quote: "'" | '"'): Token {
  const start = cursor.mark()
  cursor.skip()
  let text = ''
  while (true) {
    if (isAtDocumentIndicator(cursor)) throw scanFault('found unexpected document indicator', cursor, start)
    if (isEnd(cursor.code())) throw scanFault('found unexpected end of stream', cursor, start)
    const run = quotedRun(cursor, quote, start)
    text += run.text
    if (cursor.is(quote)) break
    text += foldedBlanks(cursor, run.isLineJoined)
  }
  cursor.skip()
  return tokenOf('scalar', start, cursor.mark(), { value: text })
}

/** What stands for itself between quotes of either kind; nearly all of a data URL, which may be long. */
const plainAscii = /[!#-&(-[\]-~]+/y

/** Non-blank characters up to a blank, a line break or the closing quote; an escaped line break ends it as well. */
function quotedRun(cursor: Cursor, quote: "'" | '"', start: Mark): { text: string; isLineJoined: boolean } {
  let text = ''
  while (!isBlankOrEnd(cursor.code())) {
    if (quote === "'" && cursor.is("''")) {
      cursor.skip(2)
      text += "'"
    } else if (cursor.is(quote)) {
      break
    } else if (quote === '"' && cursor.is('\\')) {
      if (isBreak(cursor.code(1))) {
        cursor.skip()
        cursor.readLine()
        return { text, isLineJoined: true }
      }
      text += escape(cursor, start)
    } else {
      text += cursor.takeRun(plainAscii) || cursor.read()
    }
  }
  return { text, isLineJoined: false }
}

const escapes: Record<string, string> = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
}
const escapeLengths: Record<string, number> = { x: 2, u: 4, U: 8 }

function escape(cursor: Cursor, start: Mark): string {
  const letter = String.fromCharCode(cursor.code(1))
  const length = escapeLengths[letter]
  const simple = escapes[letter]
  if (simple === undefined && length === undefined) throw scanFault('found unknown escape character', cursor, start)
  cursor.skip(2)
  return simple ?? escapedCodePoint(cursor, length as number, start)
}

function escapedCodePoint(cursor: Cursor, length: number, start: Mark): string {
  const value = hexadecimal(cursor, length, start)
  const isHalf = value >= 0xd800 && value <= 0xdfff
  const low = isHalf && value <= 0xdbff && length === 4 ? lowHalf(cursor, start) : undefined
  if ((isHalf && low === undefined) || value > 0x10ffff)
    throw scanFault('found invalid Unicode character escape code', cursor, start)
  cursor.skip(low === undefined ? length : 2 * length + 2)
  return low === undefined ? String.fromCodePoint(value) : String.fromCharCode(value, low)
}

/** JSON, which is YAML, writes a character beyond U+FFFF as two halves: the second, where the cursor is at the first. */
function lowHalf(cursor: Cursor, start: Mark): number | undefined {
  const isNext = cursor.code(4) === 0x5c && cursor.code(5) === 0x75
  const value = isNext ? hexadecimal(cursor, 4, start, 6) : 0
  return value >= 0xdc00 && value <= 0xdfff ? value : undefined
}

function hexadecimal(cursor: Cursor, length: number, start: Mark, from = 0): number {
  let value = 0
  for (let at = from; at < from + length; at++) {
    const digit = Number.parseInt(String.fromCharCode(cursor.code(at)), 16)
    if (Number.isNaN(digit)) throw scanFault('did not find expected hexdecimal number', cursor, start)
    value = value * 16 + digit
  }
  return value
}

/** Blanks and line breaks inside a quoted scalar: kept on one line, folded over several. */
function foldedBlanks(cursor: Cursor, isLineJoined: boolean): string {
  let blanks = ''
  let leadingBreak = ''
  let breaks = ''
  let isAtLineStart = isLineJoined
  while (isBlank(cursor.code()) || isBreak(cursor.code())) {
    if (isBlank(cursor.code())) {
      const blank = cursor.read()
      if (!isAtLineStart) blanks += blank
    } else if (isAtLineStart) {
      breaks += cursor.readLine()
    } else {
      leadingBreak = cursor.readLine()
      isAtLineStart = true
    }
  }
  return isAtLineStart ? folded(leadingBreak, breaks) : blanks
}

/** One line feed becomes a space; more of them lose the first. */
function folded(leadingBreak: string, breaks: string): string {
  if (leadingBreak === '\n') return breaks === '' ? ' ' : breaks
  return leadingBreak + breaks
}

/**
 * A scalar without quotes. `parentIndent` is the indentation of the surrounding block. `endsOnNewLine` tells whether
 * line breaks follow it, so that a key may come next.
 */
export function scanPlainScalar(
  cursor: Cursor,
  parentIndent: number,
  isInFlow: boolean,
): { token: Token; endsOnNewLine: boolean } {
  const start = cursor.mark()
  let end = start
  let text = ''
  let blanks = ''
  let leadingBreak = ''
  let breaks = ''
  let isAtLineStart = false
  while (!isAtDocumentIndicator(cursor) && !cursor.is('#')) {
    const run = plainRun(cursor, isInFlow)
    if (run !== '') {
      text += (isAtLineStart ? folded(leadingBreak, breaks) : blanks) + run
      blanks = leadingBreak = breaks = ''
      isAtLineStart = false
      end = cursor.mark()
    }
    if (!isBlank(cursor.code()) && !isBreak(cursor.code())) break
    while (isBlank(cursor.code()) || isBreak(cursor.code())) {
      if (isBlank(cursor.code())) {
        if (isAtLineStart && cursor.column <= parentIndent && cursor.code() === TAB) {
          throw scanFault('found a tab character that violates indentation', cursor, start)
        }
        const blank = cursor.read()
        if (!isAtLineStart) blanks += blank
      } else if (isAtLineStart) {
        breaks += cursor.readLine()
      } else {
        blanks = ''
        leadingBreak = cursor.readLine()
        isAtLineStart = true
      }
    }
    if (!isInFlow && cursor.column <= parentIndent) break
  }
  return { token: tokenOf('scalar', start, end, { value: text, isPlain: true }), endsOnNewLine: isAtLineStart }
}

/** Non-blank characters up to what ends a plain scalar: `: `, and in flow also `,?[]{}`. */
function plainRun(cursor: Cursor, isInFlow: boolean): string {
  let text = ''
  while (!isBlankOrEnd(cursor.code())) {
    if (cursor.is(':') && isBlankOrEnd(cursor.code(1))) break
    if (isInFlow && isOneOf(cursor.code(), ',?[]{}')) break
    text += cursor.read()
  }
  return text
}

/** `---` or `...` at the start of a line, followed by a blank. */
export const isAtDocumentIndicator = (cursor: Cursor): boolean =>
  cursor.column === 0 && (cursor.is('---') || cursor.is('...')) && isBlankOrEnd(cursor.code(3))
