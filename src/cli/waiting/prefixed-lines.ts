/** Characters of a line that are waited for; a longer one is broken. */
const longestLine = 64 * 1024

/** Makes whole lines of output that comes in pieces, each with the same word before it. */
export class PrefixedLines {
  readonly #prefix: string
  readonly #decoder = new TextDecoder()
  #open = ''

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The lines that this piece completes; '' when there is none. */
  add(piece: Uint8Array): string {
    const text = this.#open + this.#decoder.decode(piece, { stream: true })
    const whole = text.lastIndexOf('\n') + 1
    this.#open = text.slice(whole)
    const lines = whole === 0 ? '' : text.slice(0, whole).replaceAll(/^/gm, this.#prefix).slice(0, -this.#prefix.length)
    return this.#open.length > longestLine ? lines + this.end() : lines
  }

  /** What has no end yet, as a line. */
  end(): string {
    const last = this.#open === '' ? '' : `${this.#prefix}${this.#open}\n`
    this.#open = ''
    return last
  }
}
