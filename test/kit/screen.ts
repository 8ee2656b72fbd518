import { displayWidth } from '#lib/text/display-width.ts'

const tabColumns = 8
const sequence = /^\x1b\[([?\d;]*)([A-Za-z])/

/** What stands on a terminal of so many columns after a program has written to it: its lines, scrolled ones too. */
export class Screen {
  readonly #columns: number
  readonly #lines: string[][] = [[]]
  /** Lines that did not fit and went on in the next. */
  broken = 0
  /** What a terminal would obey and this one does not know. */
  readonly strange: string[] = []
  isCursorHidden = false
  #row = 0
  #column = 0

  constructor(columns: number) {
    this.#columns = columns
  }

  get lines(): string[] {
    return this.#lines.map((cells) => cells.join('').trimEnd())
  }

  write(text: string): this {
    for (let at = 0; at < text.length; ) {
      const rest = text.slice(at, at + 20)
      const [escape = '', argument = '', letter = ''] = sequence.exec(rest) ?? []
      if (escape) this.#obey(argument, letter)
      else this.#put(String.fromCodePoint(text.codePointAt(at) as number))
      at += escape.length || ((text.codePointAt(at) as number) > 0xffff ? 2 : 1)
    }
    return this
  }

  #obey(argument: string, letter: string): void {
    if (letter === 'K') this.#line.splice(this.#column)
    else if (letter === 'A') this.#row -= Number(argument)
    else if (argument === '?25') this.isCursorHidden = letter === 'l'
    else if (letter !== 'm') this.strange.push(argument + letter)
  }

  #put(char: string): void {
    if (char === '\r') this.#column = 0
    else if (char === '\n') this.#newLine()
    else if (char === '\t') this.#column = (Math.floor(this.#column / tabColumns) + 1) * tabColumns
    else if (/[\x00-\x1f\x7f-\x9f]/.test(char)) this.strange.push(char)
    else this.#show(char, displayWidth(char))
  }

  #show(char: string, width: number): void {
    if (this.#column + width > this.#columns) {
      this.broken++
      this.#newLine()
      this.#column = 0
    }
    while (this.#line.length < this.#column) this.#line.push(' ')
    this.#line.splice(this.#column, width, char, ...Array(Math.max(width - 1, 0)).fill(''))
    this.#column += width
  }

  #newLine(): void {
    this.#row++
    if (!this.#lines[this.#row]) this.#lines[this.#row] = []
  }

  get #line(): string[] {
    return this.#lines[this.#row] as string[]
  }
}
