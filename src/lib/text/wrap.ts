import { displayWidth } from './display-width.ts'

/**
 * Wrapping for table cells. Lengths count characters, words count columns, colours (`ESC … m`) count nothing: one that
 * is open is closed before a break and opened again behind it. Source of the rules: go-pretty 6.5.
 */
const RESET = '\x1b[0m'
const openEscape = /\x1b[^m]*m?/g
const words = /[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g

/** How much of a line a character takes: each the same, as recorded, or what it takes on a terminal. */
export type Measure = (char: string) => number
const eachTheSame: Measure = () => 1

/** Breaks after exactly `length` characters; keeps line breaks. */
export function wrapText(text: string, length: number, measure = eachTheSame): string {
  if (length <= 0) return ''
  const writer = new LineWriter(length, measure)
  writer.characters(text)
  return writer.closed(false)
}

/** Breaks between words, within a word only when it is longer than a line; runs of space become one. */
export const wrapSoft = (text: string, length: number, measure = eachTheSame): string =>
  paragraphs(text, length, softly, measure)

/** The same, but a word that does not fit is broken at the end of the line. */
export const wrapHard = (text: string, length: number): string => paragraphs(text, length, hard, eachTheSame)

function paragraphs(
  text: string,
  length: number,
  write: (writer: LineWriter, word: string) => void,
  measure: Measure,
): string {
  if (length <= 0) return ''
  const spaced = text.replaceAll('\t', '    ')
  if ([...spaced].reduce((sum, char) => sum + measure(char), 0) <= length) return spaced
  return spaced
    .split('\n\n')
    .map((paragraph) => {
      const writer = new LineWriter(length, measure)
      const all = paragraph.match(words) ?? []
      all.forEach((word, at) => {
        writer.open(word)
        write(writer, word)
        if (writer.isFull && at < all.length - 1) writer.endLine()
      })
      return writer.closed(true)
    })
    .join('\n\n')
}

function softly(writer: LineWriter, word: string): void {
  const width = displayWidth(word)
  if (writer.fits(width + (writer.isEmpty ? 0 : 1))) return writer.word(writer.isEmpty ? word : ` ${word}`)
  if (!writer.isEmpty) writer.endLine()
  if (width <= writer.length) writer.word(word)
  else writer.characters(word)
}

function hard(writer: LineWriter, word: string): void {
  if (!writer.isEmpty) writer.word(' ')
  if (writer.fits(displayWidth(word))) writer.word(word)
  else writer.characters(word)
}

/** Lines under construction: how full the present one is and which colour is open. */
class LineWriter {
  readonly length: number
  readonly #measure: Measure
  #text = ''
  #used = 0
  #escape = ''

  constructor(length: number, measure: Measure) {
    this.length = length
    this.#measure = measure
  }

  get isEmpty(): boolean {
    return this.#used === 0
  }

  get isFull(): boolean {
    return this.#used === this.length
  }

  fits(width: number): boolean {
    return this.#used + width <= this.length
  }

  /** Notes the colour that a word leaves open. */
  open(word: string): void {
    const last = word.match(openEscape)?.at(-1)
    if (last !== undefined && last !== RESET) this.#escape = last
  }

  word(text: string): void {
    this.#text += text
    this.#used += displayWidth(text)
  }

  /** One character after the other, with a break whenever the line is full. */
  characters(text: string): void {
    const outer = this.#escape
    let isInEscape = false
    for (const char of text) {
      if (char === '\x1b') {
        isInEscape = true
        this.#escape = ''
      }
      if (isInEscape) this.#escape += char
      this.#character(char, isInEscape)
      if (char === 'm') isInEscape = false
      if (this.#escape === RESET) this.#escape = ''
    }
    // Within words the colour noted for the word counts for what follows it.
    if (outer !== '') this.#escape = outer
  }

  #character(char: string, isInEscape: boolean): void {
    const size = isInEscape ? 0 : this.#measure(char)
    if (char === '\n' || this.#used + size > this.length) this.#break()
    if (char === '\n') return
    this.#text += char
    this.#used += size
  }

  /** Fills the line and begins the next. */
  endLine(): void {
    this.#text += ' '.repeat(Math.max(this.length - this.#used, 0))
    this.#break()
  }

  #break(): void {
    this.#text += this.#escape === '' ? '\n' : `${RESET}\n${this.#escape}`
    this.#used = 0
  }

  /** The text with its colour closed; `isLenient` when a reset at the very end is enough. */
  closed(isLenient: boolean): string {
    const isClosed = this.#escape === '' || (isLenient && this.#text.endsWith(RESET))
    return isClosed ? this.#text : this.#text + RESET
  }
}
