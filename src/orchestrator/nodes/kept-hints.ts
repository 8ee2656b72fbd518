import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Rounds } from '#lib/rounds.ts'
import type { Ledger } from '../ledger.ts'

/** What is known of nodes and only advises. */
type Hints = {
  /** To be remembered; undefined = what was told before is as good. */
  toldAt(nowNs: bigint): string | undefined
  /** What was told before, in place of what is known. */
  hear(told: string): void
}

/** `hints`: by the name of the fact that remembers them. */
type KeptHintsParts = { clock: Clock; ledger: Ledger; hints: Readonly<Record<string, Hints>>; log: EventLog }

/** What is noted in that time before a crash is forgotten. */
const everyMs = 10_000

/** What advises where jobs go is known again after a restart of the orchestrator. */
export class KeptHints {
  readonly #parts: KeptHintsParts
  readonly #rounds: Rounds

  constructor(parts: KeptHintsParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, async () => {
      await this.#keep()
      return everyMs
    })
  }

  /** In place of what is in memory. */
  async load(): Promise<void> {
    for (const [fact, hints] of Object.entries(this.#parts.hints)) {
      const told = await this.#parts.ledger.store.fact(fact)
      if (told !== undefined) hints.hear(told)
    }
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
    const { clock, ledger, hints, log } = this.#parts
    const putFacts: Record<string, string> = {}
    for (const [fact, each] of Object.entries(hints)) {
      const told = each.toldAt(clock.nowNs())
      if (told !== undefined) putFacts[fact] = told
    }
    if (Object.keys(putFacts).length === 0) return
    await ledger.commit({ putFacts, canWait: true }).catch((error: unknown) => log('hints_not_kept', { error }))
  }
}
