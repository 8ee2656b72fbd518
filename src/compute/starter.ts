import type { WorkRow } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Resources } from '#models/resources.ts'
import { Capacity } from './capacity/capacity.ts'
import { isForOrder } from './capacity/own-gpus.ts'
import { findContent } from './content.ts'
import type { Held, Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import { Queue } from './queue.ts'
import type { Registries } from './registry.ts'
import { outgrown, runStarted, toOrchestrator } from './reports.ts'
import type { Runner } from './runner.ts'

export type StarterParts = { capacity: Resources; clock: Clock; registries: Pick<Registries, 'engines'> }

/** Gives accepted work the node's resources, in its turn, and takes them back. */
export class Starter {
  readonly #clock: Clock
  readonly #registries: StarterParts['registries']
  readonly #capacity: Capacity
  readonly #queue = new Queue()
  readonly #holdings: Holdings
  readonly #ledger: Ledger
  readonly #runner: Runner
  #isStopped = false

  constructor({ capacity, clock, registries }: StarterParts, holdings: Holdings, ledger: Ledger, runner: Runner) {
    this.#clock = clock
    this.#registries = registries
    this.#capacity = new Capacity(capacity)
    this.#holdings = holdings
    this.#ledger = ledger
    this.#runner = runner
  }

  /** Nothing starts any more; what is accepted waits for the next life of this node. */
  stop(): void {
    this.#isStopped = true
  }

  get load(): { available: Resources; queued: Resources; enqueued: number } {
    return { available: this.#capacity.available, queued: this.#queue.waiting, enqueued: this.#queue.length }
  }

  /** The resources, when there is room and nobody waits for it. */
  takeAtOnce(need: Resources, order: WorkRow['order']): Resources | undefined {
    const isFree = this.#queue.length === 0 && !this.#isStopped
    return isFree ? this.#capacity.take(need, isForOrder(order)) : undefined
  }

  /** What waits for more than there is now fails, so that another node is found for it. */
  resize(capacity: Resources): void {
    this.#capacity.resize(capacity)
    for (const id of this.#queue.outgrown(this.#capacity)) {
      const held = this.#holdings.get(id)
      this.#queue.remove(id)
      if (held) this.#refuse(held)
    }
    this.#pump()
  }

  /** Where the node has not so much, nor the GPUs that were promised, by the time it is accepted, it fails too. */
  enqueue(held: Held): void {
    const { order, need } = held.row
    const isWanted = isForOrder(order)
    if (!this.#capacity.hasEver(need, isWanted)) return this.#refuse(held)
    this.#queue.add({ executionId: held.id, priority: order.job.Priority, need, isWanted })
    this.#pump()
  }

  #refuse(held: Held): void {
    const end = this.#ledger.end(held, outgrown(held.row, this.#clock.nowNs()))
    // It rejects only when the node leaves: its next life finds the row, and the same lack.
    held.done = end.catch(() => {})
  }

  /** Runs to the end with what was taken, and gives it back. `isStored`: that it started is on disk; undefined = it may not start. */
  start(held: Held, taken: Resources, isStored: Promise<void> | undefined, isResumed = false): Promise<void> {
    return this.#runner.run(held, { resources: taken, isStored, isResumed, release: () => this.giveBack(taken) })
  }

  /** It was running when we went down: its engine may still hold it. */
  resume(held: Held): void {
    const taken = this.#capacity.hold(held.row.need, isForOrder(held.row.order))
    held.done = this.start(held, taken, Promise.resolve(), true)
  }

  /** It no longer waits: what was kept for it is for those behind it. */
  remove(held: Held): void {
    if (this.#queue.remove(held.id)) this.#pump()
  }

  forget(held: Held): void {
    this.remove(held)
    this.#holdings.forget(held)
  }

  /** Starts what fits, in order. */
  #pump(): void {
    for (;;) {
      const next = this.#isStopped ? undefined : this.#queue.takeNext(this.#capacity)
      if (!next) return
      const held = this.#holdings.get(next.item.executionId)
      if (held) held.done = this.#startQueued(held, next.taken)
      else this.#capacity.giveBack(next.taken)
    }
  }

  async #startQueued(held: Held, taken: Resources): Promise<void> {
    const content = await findContent(held, this.#registries)
    const startTime = this.#clock.nowNs()
    held.row = { ...held.row, state: 'Running', startTime, need: taken }
    const { durable } = await this.#ledger.move(held, {
      updateWork: [{ executionId: held.id, expected: ['Queued'], state: 'Running', startTime, need: taken }],
      outbox: toOrchestrator(runStarted(held.row, content)),
    })
    await this.start(held, taken, durable)
  }

  giveBack(taken: Resources): void {
    this.#capacity.giveBack(taken)
    this.#pump()
  }
}
