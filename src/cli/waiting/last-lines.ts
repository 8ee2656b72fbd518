/** Most characters that are kept: a line may be as long as it likes. */
const longest = 16_384

/** The end of a text that comes in pieces. */
export class LastLines {
  readonly #limit: number
  #text = ''
  #isCut = false

  constructor(limit: number) {
    this.#limit = limit
  }

  add(piece: string): void {
    const text = this.#text + piece
    const kept = lastLines(text, this.#limit).slice(-longest)
    this.#isCut ||= kept.length < text.length
    this.#text = kept
  }

  /** Ends its line, when there is one. */
  get text(): string {
    return this.#text === '' || this.#text.endsWith('\n') ? this.#text : `${this.#text}\n`
  }

  /** Whether there was more. */
  get isCut(): boolean {
    return this.#isCut
  }
}

function lastLines(text: string, limit: number): string {
  let start = text.endsWith('\n') ? text.length - 1 : text.length
  for (let lines = 0; lines < limit; lines++) {
    start = start <= 0 ? -1 : text.lastIndexOf('\n', start - 1)
    if (start < 0) return text
  }
  return text.slice(start + 1)
}
