import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import { Rounds } from '#lib/rounds.ts'
import type { Held, Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import { bidFailed } from './reports.ts'

const patienceMs = 60 * 60_000
const everyMs = 60_000

/**
 * Offers wait for the word of a Go orchestrator, which may have lost them. One that nobody takes up within an hour is
 * withdrawn: the orchestrator hears of a failure and looks elsewhere.
 */
export class Offers {
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #holdings: Holdings
  readonly #ledger: Ledger
  readonly #rounds: Rounds
  readonly #sinceMs = new WeakMap<Held, number>()

  constructor({ clock, log }: { clock: Clock; log: EventLog }, holdings: Holdings, ledger: Ledger) {
    this.#clock = clock
    this.#log = log
    this.#holdings = holdings
    this.#ledger = ledger
    this.#rounds = new Rounds(clock, async () => {
      this.#lookAfter()
      return everyMs
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  #lookAfter(): void {
    const now = this.#clock.monotonicMs()
    for (const held of this.#holdings.all.filter(isOpen)) {
      const since = this.#sinceMs.get(held) ?? now
      this.#sinceMs.set(held, since)
      // What cannot be stored is for the next life of this node, which makes the offer wait again.
      if (now - since >= patienceMs) held.done = this.#withdraw(held).catch(() => {})
    }
  }

  async #withdraw(held: Held): Promise<void> {
    this.#log('offer_withdrawn', { executionId: held.id })
    held.stop('cancelled')
    const error = new Fault('Timeout', 'the orchestrator did not take up the offer of this node within an hour')
    await this.#ledger.end(held, bidFailed(held.row, error, this.#clock.nowNs()))
  }
}

const isOpen = ({ row, isStopped }: Held): boolean => row.state === 'Offered' && !isStopped
