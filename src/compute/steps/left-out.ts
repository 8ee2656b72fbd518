/** What of a result is not published, for its history: the first few by name. */
export class LeftOut {
  readonly #named = new Map<string, string>()
  #count = 0

  add(name: string, why: string): void {
    if (this.#count++ < mostNamed) this.#named.set(name, why)
  }

  /** Undefined when all of it is published. */
  text(): string | undefined {
    if (this.#count === 0) return undefined
    const named = [...this.#named].map(([name, why]) => `${JSON.stringify(shortened(name))} (${why})`)
    const others = this.#count - named.length
    return `Left out of the result: ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
  }
}

const mostNamed = 5
const mostCharacters = 200

const shortened = (name: string): string => (name.length > mostCharacters ? `${name.slice(0, mostCharacters)}…` : name)
