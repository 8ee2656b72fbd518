import type { Change, CommitOutcome } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Post } from '#link/post.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import type { Held, Holdings } from './held.ts'
import { toOrchestrator } from './reports.ts'

export type LedgerParts = {
  post: Post
  clock: Clock
  log: EventLog
}

const firstRetryMs = 200
const lastRetryMs = 10_000

/** Writes down what becomes of the work in hand, with what the orchestrator is told of it. Failures of the disk are waited out. */
export class Ledger {
  readonly #parts: LedgerParts
  readonly #holdings: Holdings
  readonly #leaving = new AbortController()

  constructor(parts: LedgerParts, holdings: Holdings) {
    this.#parts = parts
    this.#holdings = holdings
  }

  /** What could not be stored is for the next life, which finds the row as it was. */
  get isLeaving(): boolean {
    return this.#leaving.signal.aborted
  }

  /** Nothing is waited out any more. */
  stop(): void {
    this.#leaving.abort()
  }

  /** Resolves when applied; `durable` undefined = the row is no longer in the expected state. */
  async move(held: Held, change: Change): Promise<{ durable: Promise<void> | undefined }> {
    const outcome = await this.#patiently(held, () => this.#parts.post.commit(change))
    return { durable: outcome.kind === 'applied' ? outcome.durable : undefined }
  }

  /** What is only told: nobody waits for it, and when the disk fails it is lost. */
  tell(report: ComputeMessage): void {
    const lost = (error: unknown) => this.#parts.log('commit_failed', { executionId: report.Body.ExecutionID, error })
    this.#parts.post.commit({ outbox: toOrchestrator(report) }).then((outcome) => {
      if (outcome.kind === 'applied') outcome.durable.catch(lost)
    }, lost)
  }

  /** The row goes, the report is in the outbox: one transaction, tried until it is durable. */
  async end(held: Held, report: ComputeMessage): Promise<void> {
    const change: Change = { removeWork: [held.id], outbox: toOrchestrator(report) }
    await this.#patiently(held, async () => {
      const outcome = await this.#parts.post.commit(change)
      if (outcome.kind === 'applied') await outcome.durable
      return outcome
    })
    this.#holdings.letGo(held)
  }

  async #patiently(held: Held, commit: () => Promise<CommitOutcome>): Promise<CommitOutcome> {
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(lastRetryMs, pauseMs * 2)) {
      // Its row was rolled back: whoever took the work up again speaks for it now.
      if (this.#holdings.get(held.id) !== held) return { kind: 'conflict', what: `${held.id} is no longer in hand` }
      try {
        return await commit()
      } catch (error) {
        if (this.isLeaving) throw error
        this.#parts.log('commit_failed', { executionId: held.id, error })
        await this.#parts.clock.sleep(pauseMs, this.#leaving.signal)
      }
    }
  }
}
