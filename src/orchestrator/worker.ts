import type { Clock } from '#lib/clock.ts'
import type { Ask, Broker } from './broker.ts'
import type { Ledger } from './ledger.ts'
import type { Looks } from './looks.ts'

export type WorkerParts = {
  clock: Clock
  broker: Broker
  ledger: Ledger
  looks: Looks
  onError: (ask: Ask, error: unknown) => void
}

const turnLimit = 64
const retryMs = 1_000
/** After a look that cost more, the job rests for a multiple of that time. */
const cheapLook = 32
const restMsPerCost = 0.05
const longestRestMs = 1_000

/** Takes jobs from the broker one after the other: a look, a transaction. */
export class Worker {
  readonly #parts: WorkerParts
  #isRunning = false
  #isStopped = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** There may be work. Cheap to call. */
  wake(): void {
    if (this.#isRunning || this.#isStopped || this.#parts.looks.isHeld) return
    this.#isRunning = true
    void this.#run().finally(() => {
      this.#isRunning = false
      if (this.#parts.broker.hasReady) this.#parts.clock.after(0, () => this.wake())
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  async #run(): Promise<void> {
    for (let count = 0; count < turnLimit && !this.#isStopped && !this.#parts.looks.isHeld; count++) {
      const ask = this.#parts.broker.take()
      if (!ask) return
      try {
        this.#rest(ask, await this.#evaluate(ask))
      } catch (error) {
        this.#parts.onError(ask, error)
        this.#parts.clock.after(retryMs, () => {
          this.#parts.broker.done(ask.jobId)
          this.#parts.broker.ask(ask)
          this.wake()
        })
      }
    }
  }

  /** What happens to a large job meanwhile is looked at in one go, and other jobs get their turn. */
  #rest({ jobId }: Ask, cost: number): void {
    const { broker, clock } = this.#parts
    if (cost < cheapLook) return broker.done(jobId)
    clock.after(Math.min(longestRestMs, restMsPerCost * cost), () => {
      broker.done(jobId)
      this.wake()
    })
  }

  /** Returns what the look cost. */
  async #evaluate(ask: Ask): Promise<number> {
    const { ledger, looks, broker } = this.#parts
    const job = await ledger.store.job(ask.jobId)
    if (!job) return 0
    const executions = await ledger.store.executionsOfJob(ask.jobId)
    if (looks.isHeld) {
      broker.ask(ask)
      return 0
    }
    const look = looks.at(job, executions, ask.evaluationId)
    const outcome = await looks.store(look)
    if (outcome?.kind === 'conflict') broker.ask(ask)
    return look.cost
  }
}
