const nodeLimit = 10_000
const perNode = 10

/** What nodes were refused, told once per node and matter: who goes on trying fills no log. */
export class Notices {
  readonly #log: (event: string, fields: Record<string, unknown>) => void
  readonly #told = new Map<string, Set<string>>()

  constructor(log: (event: string, fields: Record<string, unknown>) => void) {
    this.#log = log
  }

  tell(event: string, node: string, what: string, more: Record<string, unknown> = {}): void {
    const told = this.#told.get(node) ?? new Set()
    if (told.has(what) || told.size >= perNode) return
    this.#told.set(node, told.add(what))
    const oldest = this.#told.keys().next().value
    if (this.#told.size > nodeLimit && oldest !== undefined) this.#told.delete(oldest)
    this.#log(event, {
      node,
      error: new Error(what),
      ...more,
      ...(told.size === perNode ? { more: 'is not logged' } : {}),
    })
  }
}
