import type { Change } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { isCounted } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import { type BidParts, bidFor } from './bidder.ts'
import { findContent } from './content.ts'
import type { Held } from './held.ts'
import type { Ledger } from './ledger.ts'
import { bidFailed, bidResult, runStarted, toOrchestrator } from './reports.ts'
import type { Starter } from './starter.ts'

export type BiddingParts = BidParts & { clock: Clock }

/** Answers new orders, and passes on what it accepts. */
export class Bidding {
  readonly #parts: BiddingParts
  readonly #ledger: Ledger
  readonly #starter: Starter

  constructor(parts: BiddingParts, ledger: Ledger, starter: Starter) {
    this.#parts = parts
    this.#ledger = ledger
    this.#starter = starter
  }

  bid(held: Held): void {
    held.done = this.#answer(held).catch((error: unknown) => this.#fail(held, error))
  }

  /** What tells that the bid for it says yes. */
  saysYes({ row }: Held): NonNullable<Change['outbox']> {
    return toOrchestrator(bidResult(row, true, 'Accepted job', this.#parts.clock.nowNs()))
  }

  async #answer(held: Held): Promise<void> {
    const { execution, job } = held.row.order
    const bid = await bidFor(execution, job, this.#parts, held.signal)
    if (bid.kind === 'accepted') return this.#accept(held, bid.usage)
    await this.#ledger.end(held, bidResult(held.row, false, bid.reason, this.#parts.clock.nowNs()))
  }

  /** Starts at once when there is room and nobody waits, so that accepting and starting are one transaction. */
  async #accept(held: Held, need: Resources): Promise<void> {
    if (held.isStopped) return
    const { row } = held
    if (row.order.origin?.WaitsForApproval) return this.#offer(held, need)
    const { clock, registries } = this.#parts
    const content = await findContent(held, registries)
    if (held.isStopped) return
    const taken = this.#starter.takeAtOnce(need, row.order)
    const state = taken ? 'Running' : 'Queued'
    const startTime = taken ? clock.nowNs() : 0n
    // With the GPUs it was given: they are still its own after a restart of ours.
    const kept = { state, need: taken ?? need, startTime } as const
    held.row = { ...row, ...kept }
    const { durable } = await this.#ledger.move(held, {
      updateWork: [{ executionId: held.id, expected: ['New'], ...kept }],
      outbox: [
        ...(isCounted(row.order.job.Type) ? this.saysYes(held) : []),
        ...(taken ? toOrchestrator(runStarted(held.row, content)) : []),
      ],
    })
    if (taken) return this.#starter.start(held, taken, durable)
    durable?.catch(() => this.#starter.forget(held))
    if (durable && !held.isStopped) this.#starter.enqueue(held)
  }

  /** The orchestrator decides after it knows: until then nothing is started, and no resources are kept for it. */
  async #offer(held: Held, need: Resources): Promise<void> {
    held.row = { ...held.row, state: 'Offered', need }
    const { durable } = await this.#ledger.move(held, {
      updateWork: [{ executionId: held.id, expected: ['New'], state: 'Offered', need }],
      outbox: this.saysYes(held),
    })
    durable?.catch(() => this.#starter.forget(held))
  }

  async #fail(held: Held, error: unknown): Promise<void> {
    if (held.isStopped) return
    await this.#ledger.end(held, bidFailed(held.row, error, this.#parts.clock.nowNs()))
  }
}
