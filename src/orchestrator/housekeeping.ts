import type { EndedJobs } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'
import type { Ledger } from './ledger.ts'

/** How long what has ended is kept, in nanoseconds; 0 = for ever. */
export type Retention = { jobsNs: bigint; historyNs: bigint }

export type HousekeepingParts = {
  clock: Clock
  ledger: Ledger
  retention: Retention
  onError: (error: unknown) => void
}

/** So few at a time, with a pause, that scheduling does not notice. */
export const batchSize = 100
const pauseMs = 50

/** Removes what ended longer ago than it is kept (W23). */
export class Housekeeping {
  readonly #parts: HousekeepingParts
  readonly #rounds: Rounds

  constructor(parts: HousekeepingParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, () => this.#round())
  }

  start(): void {
    if (restMs(this.#parts.retention) !== undefined) this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(): Promise<number> {
    const { retention, clock, onError } = this.#parts
    let hasMore = false
    try {
      for (const due of dueAt(retention, clock.nowNs())) hasMore = (await this.#remove(due)) || hasMore
    } catch (error) {
      onError(error)
    }
    return hasMore ? pauseMs : (restMs(retention) ?? 0)
  }

  /** Whether there may be more of it. */
  async #remove({ which, before }: Due): Promise<boolean> {
    const { ledger } = this.#parts
    const jobs = await ledger.store.endedJobs(which, before, batchSize)
    if (jobs.length === 0 || this.#rounds.isStopped) return false
    // A conflict: a job has just begun a new life. It is looked at again after a rest.
    const outcome = await ledger.commit(which === 'all' ? { removeJobs: jobs } : { removeHistory: jobs })
    if (outcome.kind !== 'applied') return false
    await outcome.durable
    return jobs.length === batchSize
  }
}

type Due = { which: EndedJobs; before: bigint }

/** What may go now. Jobs first: their history goes with them. */
export const dueAt = ({ jobsNs, historyNs }: Retention, nowNs: bigint): Due[] => [
  ...(jobsNs > 0n ? [{ which: 'all' as const, before: nowNs - jobsNs }] : []),
  ...(historyNs > 0n ? [{ which: 'with history' as const, before: nowNs - historyNs }] : []),
]

/** How long nothing is looked for, by the shortest age. undefined = everything is kept. */
export const restMs = ({ jobsNs, historyNs }: Retention): number | undefined => {
  const agesMs = [jobsNs, historyNs].filter((age) => age > 0n).map((age) => Number(age / 1_000_000n))
  return agesMs.length === 0 ? undefined : restForAge(Math.min(...agesMs))
}
