import type { Disk } from '#contracts/disk.ts'

/** Where the token of one server is kept. */
export type TokenPlace = {
  get(): Promise<string | undefined>
  /** Undefined = it is no longer good. */
  put(token: string | undefined): Promise<void>
}

/** What servers gave to this user, by their address: `tokens.json`, which nobody else may read. */
export class TokenFile {
  readonly #folder: string
  readonly #path: string
  readonly #disk: Disk
  readonly #warn: (text: string) => void

  constructor(folder: string, disk: Disk, warn: (text: string) => void) {
    this.#folder = folder
    this.#path = `${folder}/tokens.json`
    this.#disk = disk
    this.#warn = warn
  }

  async tokenFor(url: string): Promise<string | undefined> {
    return tokenIn((await this.#read())[url])
  }

  /** Other programs of this field read the file: `{}` when nothing is in it. */
  async put(url: string, token: string | undefined): Promise<void> {
    const { [url]: _, ...others } = await this.#read()
    const tokens = token === undefined ? others : { ...others, [url]: token }
    await this.#disk.makeDirectory(this.#folder)
    await this.#disk.replaceFile(this.#path, `${JSON.stringify(tokens)}\n`, 0o600)
  }

  async #read(): Promise<Record<string, unknown>> {
    const bytes = await this.#disk.readFile(this.#path)
    const text = Buffer.from(bytes ?? '')
      .toString('utf8')
      .trim()
    if (text === '') return {}
    try {
      const tokens: unknown = JSON.parse(text)
      if (typeof tokens === 'object' && tokens !== null && !Array.isArray(tokens))
        return tokens as Record<string, unknown>
    } catch {
      // Told below.
    }
    this.#warn(`cannot read ${this.#path}; requests go without the tokens in it.`)
    return {}
  }
}

/** Newer programs keep more than the token. */
function tokenIn(entry: unknown): string | undefined {
  const token = typeof entry === 'object' ? (entry as { Value?: unknown } | null)?.Value : entry
  return typeof token === 'string' && token !== '' ? token : undefined
}
