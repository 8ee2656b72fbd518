import { isBreak } from './characters.ts'
import type { Mark } from './yaml-fault.ts'

/** Walks through a text and knows where it is. */
export class Cursor {
  readonly #text: string
  #at = 0
  #index = 0
  #line = 0
  #column = 0

  constructor(text: string) {
    this.#text = text
  }

  get column(): number {
    return this.#column
  }

  get line(): number {
    return this.#line
  }

  get index(): number {
    return this.#index
  }

  mark(): Mark {
    return { index: this.#index, line: this.#line, column: this.#column }
  }

  /** The UTF-16 code `ahead` units further, 0 beyond the end. */
  code(ahead = 0): number {
    const at = this.#at + ahead
    return at < this.#text.length ? this.#text.charCodeAt(at) : 0
  }

  is(character: string, ahead = 0): boolean {
    return this.#text.startsWith(character, this.#at + ahead)
  }

  /** Steps over characters that are no line breaks. */
  skip(count = 1): void {
    for (let done = 0; done < count; done++) {
      const code = this.code()
      this.#at += code >= 0xd800 && code <= 0xdbff ? 2 : 1
      this.#index++
      this.#column++
    }
  }

  /** Takes one character that is no line break. */
  read(): string {
    const start = this.#at
    this.skip()
    return this.#text.slice(start, this.#at)
  }

  /** Takes characters (no line breaks) as long as the code satisfies `isWanted`. */
  takeWhile(isWanted: (code: number) => boolean): string {
    const start = this.#at
    for (let code = this.code(); code !== 0 && isWanted(code); code = this.code()) this.skip()
    return this.#text.slice(start, this.#at)
  }

  /** Takes at once what the pattern (sticky, of ASCII characters other than line breaks) matches here. */
  takeRun(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [run = ''] = pattern.exec(this.#text) ?? []
    this.#at += run.length
    this.#index += run.length
    this.#column += run.length
    return run
  }

  /** Takes one line break, if there is one; CR, LF, CR LF and NEL become a line feed. */
  readLine(): string {
    const code = this.code()
    if (!isBreak(code)) return ''
    const length = code === 0x0d && this.code(1) === 0x0a ? 2 : 1
    this.#at += length
    this.#index += length
    this.newLine()
    return code >= 0x2028 ? String.fromCharCode(code) : '\n'
  }

  /** Counts as if a line ended here; the end of the text closes its last line this way. */
  newLine(): void {
    this.#column = 0
    this.#line++
  }
}
