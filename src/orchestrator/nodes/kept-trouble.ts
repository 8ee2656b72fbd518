import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Ledger } from '../ledger.ts'
import type { TroubledNodes } from './troubled-nodes.ts'

type KeptTroubleParts = { clock: Clock; ledger: Ledger; troubled: TroubledNodes; log: EventLog }

const fact = 'troubled-nodes'
/** What is noted in that time before a crash is forgotten: it only advises. */
const everyMs = 10_000

/** Which nodes are in trouble is known again after a restart of the orchestrator. */
export class KeptTrouble {
  readonly #parts: KeptTroubleParts
  #timer: Timer | undefined

  constructor(parts: KeptTroubleParts) {
    this.#parts = parts
  }

  /** In place of what is in memory. */
  async load(): Promise<void> {
    const told = await this.#parts.ledger.store.fact(fact)
    if (told !== undefined) this.#parts.troubled.hear(told)
  }

  start(): void {
    this.#timer = this.#parts.clock.after(everyMs, () => void this.#keep().finally(() => this.#timer && this.start()))
  }

  async stop(): Promise<void> {
    this.#timer?.stop()
    this.#timer = undefined
    await this.#keep()
  }

  /** What is not stored now is stored with the next news. */
  async #keep(): Promise<void> {
    const { clock, ledger, troubled, log } = this.#parts
    const told = troubled.toldAt(clock.nowNs())
    if (told === undefined) return
    await ledger
      .commit({ putFacts: { [fact]: told }, canWait: true })
      .catch((error: unknown) => log('trouble_not_kept', { error }))
  }
}
