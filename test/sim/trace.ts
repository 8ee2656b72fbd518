import { createHash } from 'node:crypto'

const keptLines = 60

/** What happened, line by line: all of it goes into the hash, the last lines are kept for whoever reads a failure. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #tail: string[] = []
  readonly #onLine: ((line: string) => void) | undefined

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine
  }

  note(nowUs: number, text: string): void {
    const line = `${(nowUs / 1e6).toFixed(6).padStart(11)} ${text}`
    this.#hash.update(line)
    this.#tail.push(line)
    if (this.#tail.length > keptLines) this.#tail.shift()
    this.#onLine?.(line)
  }

  get tail(): readonly string[] {
    return this.#tail
  }

  digest(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}
