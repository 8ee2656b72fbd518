import type { Change } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { isCounted } from '#models/job.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import type { Resources } from '#models/resources.ts'
import { type BidParts, bidFor } from './bidder.ts'
import { findContent } from './content.ts'
import type { Held, Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import { bidAccepted, bidDeclined, bidFailed, runStarted, toOrchestrator } from './reports.ts'
import type { Starter } from './starter.ts'

export type BiddingParts = BidParts & { clock: Clock }

type Decision =
  | { kind: 'accepted'; need: Resources; content: string | undefined }
  | { kind: 'refused'; report: ComputeMessage }

/** What is stored and told of an order, and how it goes on by that. */
export type Step = {
  change: Pick<Change, 'putWork' | 'outbox'>
  /** It is applied; `durable` undefined = the row is no longer in the expected state. */
  goOn: (durable: Promise<void> | undefined) => Promise<void> | undefined
  /** It is not applied. */
  undo?: () => void
}

/** Answers new orders, and passes on what it accepts. */
export class Bidding {
  readonly #parts: BiddingParts
  readonly #holdings: Holdings
  readonly #ledger: Ledger
  readonly #starter: Starter

  constructor(parts: BiddingParts, holdings: Holdings, ledger: Ledger, starter: Starter) {
    this.#parts = parts
    this.#holdings = holdings
    this.#ledger = ledger
    this.#starter = starter
  }

  /** Of an order that is not stored yet: most are decided at once, and stored with that; the others first as they came. */
  async begin(held: Held): Promise<Step> {
    const decided = this.#decide(held)
    const decision = await this.#unlessLate(decided)
    if (decision) return this.#stepOf(held, decision)
    return {
      change: { putWork: [held.row] },
      goOn: (durable) => {
        durable?.catch(() => this.#starter.forget(held))
        return this.#whenDecided(held, decided)
      },
    }
  }

  /** Of one that is stored. */
  bid(held: Held): void {
    held.done = this.#whenDecided(held, this.#decide(held))
  }

  /** What tells that the bid for it says yes. */
  saysYes({ row }: Held): NonNullable<Change['outbox']> {
    return toOrchestrator(bidAccepted(row, this.#parts.clock.nowNs()))
  }

  /** Undefined once something outside is waited for: what comes behind it must not. */
  async #unlessLate(decided: Promise<Decision>): Promise<Decision | undefined> {
    const late = Promise.withResolvers<undefined>()
    const timer = this.#parts.clock.after(0, () => late.resolve(undefined))
    const decision = await Promise.race([decided, late.promise])
    timer.stop()
    return decision
  }

  async #decide(held: Held): Promise<Decision> {
    const { execution, job, origin } = held.row.order
    try {
      const bid = await bidFor(execution, job, this.#parts, held.signal)
      if (bid.kind === 'declined') return this.#refused(bidDeclined(held.row, bid, this.#parts.clock.nowNs()))
      const content = origin?.WaitsForApproval ? undefined : await findContent(held, this.#parts.registries)
      return { kind: 'accepted', need: bid.usage, content }
    } catch (error) {
      return this.#refused(bidFailed(held.row, error, this.#parts.clock.nowNs()))
    }
  }

  #refused = (report: ComputeMessage): Decision => ({ kind: 'refused', report })

  #whenDecided(held: Held, decided: Promise<Decision>): Promise<void> {
    const followed = decided.then((decision) => this.#follow(held, decision))
    return followed.catch((error: unknown) => this.#fail(held, error))
  }

  async #follow(held: Held, decision: Decision): Promise<void> {
    if (held.isStopped) return
    if (decision.kind === 'refused') return this.#ledger.end(held, decision.report)
    const { change, goOn } = this.#stepOf(held, decision)
    const { state, need, startTime } = held.row
    const { outbox } = change
    const updateWork = [{ executionId: held.id, expected: ['New'], state, need, startTime }] as const
    const { durable } = await this.#ledger.move(held, { updateWork, ...(outbox && { outbox }) })
    await goOn(durable)
  }

  #stepOf(held: Held, decision: Decision): Step {
    if (decision.kind === 'accepted') return this.#accept(held, decision.need, decision.content)
    return {
      change: { outbox: toOrchestrator(decision.report) },
      goOn: () => {
        this.#holdings.letGo(held)
        return undefined
      },
    }
  }

  /** Starts at once when there is room and nobody waits, so that accepting and starting are one transaction. */
  #accept(held: Held, need: Resources, content: string | undefined): Step {
    const { row } = held
    if (row.order.origin?.WaitsForApproval) return this.#offer(held, need)
    const { clock } = this.#parts
    const taken = this.#starter.takeAtOnce(need, row.order)
    const startTime = taken ? clock.nowNs() : 0n
    // With the GPUs it was given: they are still its own after a restart of ours.
    held.row = { ...row, state: taken ? 'Running' : 'Queued', need: taken ?? need, startTime }
    const outbox = [
      ...(isCounted(row.order.job.Type) ? this.saysYes(held) : []),
      ...(taken ? toOrchestrator(runStarted(held.row, content)) : []),
    ]
    const change = { putWork: [held.row], outbox }
    if (taken)
      return {
        change,
        goOn: (durable) => this.#starter.start(held, taken, durable),
        undo: () => this.#starter.giveBack(taken),
      }
    return {
      change,
      goOn: (durable) => {
        durable?.catch(() => this.#starter.forget(held))
        if (durable && !held.isStopped) this.#starter.enqueue(held)
        return undefined
      },
    }
  }

  /** The orchestrator decides after it knows: until then nothing is started, and no resources are kept for it. */
  #offer(held: Held, need: Resources): Step {
    held.row = { ...held.row, state: 'Offered', need }
    return {
      change: { putWork: [held.row], outbox: this.saysYes(held) },
      goOn: (durable) => void durable?.catch(() => this.#starter.forget(held)),
    }
  }

  async #fail(held: Held, error: unknown): Promise<void> {
    if (held.isStopped) return
    await this.#ledger.end(held, bidFailed(held.row, error, this.#parts.clock.nowNs()))
  }
}
