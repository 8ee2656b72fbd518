import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Rounds } from '#lib/rounds.ts'
import type { Ledger } from '../ledger.ts'
import type { TroubledNodes } from './troubled-nodes.ts'

type KeptTroubleParts = { clock: Clock; ledger: Ledger; troubled: TroubledNodes; log: EventLog }

const fact = 'troubled-nodes'
/** What is noted in that time before a crash is forgotten: it only advises. */
const everyMs = 10_000

/** Which nodes are in trouble is known again after a restart of the orchestrator. */
export class KeptTrouble {
  readonly #parts: KeptTroubleParts
  readonly #rounds: Rounds

  constructor(parts: KeptTroubleParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, async () => {
      await this.#keep()
      return everyMs
    })
  }

  /** In place of what is in memory. */
  async load(): Promise<void> {
    const told = await this.#parts.ledger.store.fact(fact)
    if (told !== undefined) this.#parts.troubled.hear(told)
  }

  start(): void {
    this.#rounds.start()
  }

  async stop(): Promise<void> {
    await this.#rounds.stop()
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
