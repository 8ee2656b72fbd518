import type { EventLog } from '#lib/event-log.ts'

const nodeLimit = 10_000
const perNode = 10

/** What nodes were refused, told once per node and reason: who goes on trying fills no log. */
export class Notices {
  readonly #log: EventLog
  readonly #told = new Map<string, Set<string>>()

  constructor(log: EventLog) {
    this.#log = log
  }

  tell(event: string, nodeId: string, reason: string, more: Record<string, unknown> = {}): void {
    const told = this.#told.get(nodeId) ?? new Set()
    if (told.has(reason) || told.size >= perNode) return
    this.#told.set(nodeId, told.add(reason))
    const oldest = this.#told.keys().next().value
    if (this.#told.size > nodeLimit && oldest !== undefined) this.#told.delete(oldest)
    this.#log(event, { nodeId, reason, ...more, ...(told.size === perNode ? { more: 'is not logged' } : {}) })
  }
}
