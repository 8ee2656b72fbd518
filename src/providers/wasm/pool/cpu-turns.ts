/**
 * Who of those that compute may do so until the next look, when they are more than the cores can serve: those that have
 * waited longest. Many at once would each weigh little, but together more than the node, which then answers late.
 */
export class CpuTurns<Program> {
  readonly #most: number
  /** Those that had no turn, and those that had one after them. */
  #queue = new Set<Program>()

  /** `most` = how many may compute at once. */
  constructor(most: number) {
    this.#most = most
  }

  /** Those of the given that have to wait until the next look; all that are not given are forgotten. */
  waiting(computing: ReadonlySet<Program>): ReadonlySet<Program> {
    const known = [...this.#queue].filter((program) => computing.has(program))
    const queue = [...known, ...computing.difference(this.#queue)]
    const waiting = queue.slice(this.#most)
    this.#queue = new Set([...waiting, ...queue.slice(0, this.#most)])
    return new Set(waiting)
  }
}
