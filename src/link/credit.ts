/** With so many pieces under way, what comes is gathered until one was taken. */
const gatherFromPieces = 4

/** Pieces that were sent to a reader and that it has not taken yet: no more of them, nor more bytes, than it holds. */
export class Credit {
  readonly #pieces: number
  readonly #bytes: number
  readonly #underWay = new Set<Promise<void>>()
  #bytesUnderWay = 0
  #broken: { error: unknown } | undefined

  constructor(pieces: number, bytes: number) {
    this.#pieces = pieces
    this.#bytes = bytes
  }

  /** One more is under way; `taken` settles with it. */
  use(bytes: number, taken: Promise<unknown>): void {
    this.#bytesUnderWay += bytes
    const over: Promise<void> = taken
      .catch((error: unknown) => {
        this.#broken ??= { error }
      })
      .then(() => {
        this.#bytesUnderWay -= bytes
        this.#underWay.delete(over)
      })
    this.#underWay.add(over)
  }

  /** Resolves when one more may go; throws what became of an earlier one. */
  async more(): Promise<void> {
    while (this.#underWay.size >= this.#pieces || this.#bytesUnderWay >= this.#bytes) await this.#oldest
    if (this.#broken) throw this.#broken.error
  }

  /** Resolves when all were taken; throws what became of one that was not. */
  async all(): Promise<void> {
    await Promise.all(this.#underWay)
    if (this.#broken) throw this.#broken.error
  }

  /** What comes is gathered until this settles; undefined = it goes as it comes. */
  get gathering(): Promise<void> | undefined {
    return this.#underWay.size < gatherFromPieces ? undefined : this.#oldest
  }

  get #oldest(): Promise<void> | undefined {
    return this.#underWay.values().next().value
  }
}
