import type { CommitOutcome, WorkRow } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Post } from '#link/post.ts'
import type { Receipt } from '#link/receiver.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { OrchestratorMessage } from '#models/messages/messages.ts'
import { noResources } from '#models/resources.ts'
import type { Bidding } from './bidding.ts'
import type { Held, Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import { neverRan } from './reports.ts'
import type { Starter } from './starter.ts'

type UseContent = Extract<OrchestratorMessage, { Kind: 'UseContent' }>['Body']

export type OrderParts = {
  post: Post
  holdings: Holdings
  ledger: Ledger
  starter: Starter
  bidding: Bidding
}

/** Takes orders: new ones, cancellations, and those of the last life of this node. */
export class Orders {
  readonly #parts: OrderParts

  constructor(parts: OrderParts) {
    this.#parts = parts
  }

  /** One message; its receipt is committed with what it leads to. */
  apply(message: OrchestratorMessage, receipt: Receipt): Promise<CommitOutcome> {
    if (message.Kind === 'CancelExecution') return this.#applyCancel(message.Body.ExecutionID, receipt)
    if (message.Kind === 'BidAccepted') return this.#applyApproval(message.Body.ExecutionID, receipt)
    if (message.Kind === 'UseContent') return this.#applyContent(message.Body, receipt)
    const { Execution: execution, Job: job, Origin: origin } = message.Body
    const order = { execution, job, ...(origin ? { origin } : {}) }
    return this.#applyOrder(
      { executionId: execution.ID, state: 'New', order, need: noResources(), startTime: 0n },
      receipt,
    )
  }

  /** Idempotent. Bidding and waiting work ends at once; a running program is stopped first. */
  async cancel(held: Held): Promise<void> {
    if (held.isStopped) return
    held.stop('cancelled')
    if (held.row.state === 'Running') return
    this.#parts.starter.remove(held)
    await this.#parts.ledger.end(held, neverRan(held.row))
  }

  /** Goes on with what is stored and not in hand: what ran first, then what waited, then what is new. An offer only waits for its answer. */
  takeUp(stored: readonly WorkRow[]): void {
    const { holdings, starter, bidding } = this.#parts
    const missing = stored.filter((row) => !holdings.has(row.executionId)).map((row) => this.#take(row))
    for (const held of missing.filter(({ row }) => row.state === 'Running')) starter.resume(held)
    for (const held of missing.filter(({ row }) => row.state === 'Queued')) starter.enqueue(held)
    for (const held of missing.filter(({ row }) => row.state === 'New')) bidding.bid(held)
  }

  /** What was being stopped may run still, and is stopped once more. */
  #take(row: WorkRow): Held {
    if (row.state !== 'Stopping') return this.#parts.holdings.take(row)
    const held = this.#parts.holdings.take({ ...row, state: 'Running' })
    held.stop('cancelled')
    return held
  }

  async #applyOrder(row: WorkRow, receipt: Receipt): Promise<CommitOutcome> {
    const { post, holdings, starter, bidding } = this.#parts
    const known = holdings.get(row.executionId)
    // Who asks again for what it was offered has lost the answer.
    if (known)
      return post.commit({ ...receipt, ...(known.row.state === 'Offered' ? { outbox: bidding.saysYes(known) } : {}) })
    const held = holdings.take(row)
    const { losses } = post
    const { change, goOn, undo } = await bidding.begin(held)
    // Not stored, so not in hand: the order comes again.
    const forget = (): void => {
      undo?.()
      starter.forget(held)
    }
    // Meanwhile all may have been dropped, or the order gone with a group of commits that was lost.
    if (held.isStopped || losses !== post.losses) {
      forget()
      throw new Fault('ServiceUnavailable', 'the order is not wanted as it came', { isRetryable: true })
    }
    const outcome = await post.commit({ ...receipt, ...change }).catch((error: unknown) => {
      forget()
      throw error
    })
    if (outcome.kind !== 'applied') forget()
    else if (holdings.get(held.id) === held) held.done = goOn(outcome.durable) ?? held.done
    else undo?.()
    return outcome
  }

  /** From here on it waits for room like any other. Harmless when it comes again, or when there is no such offer. */
  async #applyApproval(id: ExecutionId, receipt: Receipt): Promise<CommitOutcome> {
    const { post, holdings, starter } = this.#parts
    const held = holdings.get(id)
    if (held?.row.state !== 'Offered' || held.isStopped) return post.commit(receipt)
    const outcome = await post.commit({
      ...receipt,
      updateWork: [{ executionId: id, expected: ['Offered'], state: 'Queued' }],
    })
    if (outcome.kind !== 'applied') return outcome
    outcome.durable.catch(() => starter.forget(held))
    if (held.isStopped) return outcome
    held.row = { ...held.row, state: 'Queued' }
    starter.enqueue(held)
    return outcome
  }

  /** The program starts when that is on disk with what the orchestrator knows; here nothing is stored of it. */
  #applyContent({ ExecutionID, Content }: UseContent, receipt: Receipt): Promise<CommitOutcome> {
    this.#parts.holdings.get(ExecutionID)?.useContent(Content)
    return this.#parts.post.commit(receipt)
  }

  async #applyCancel(id: ExecutionId, receipt: Receipt): Promise<CommitOutcome> {
    const { post, holdings } = this.#parts
    const held = holdings.get(id)
    const runs = held?.row.state === 'Running'
    // Its next life stops it too: not every orchestrator repeats the order.
    const stopping = {
      updateWork: [{ executionId: id, expected: ['Running', 'Stopping'], state: 'Stopping' }],
    } as const
    const noted = runs ? await post.commit({ ...receipt, ...stopping }) : undefined
    // That it runs, or has ended, may be on the way to its row.
    const outcome = noted && noted.kind !== 'conflict' ? noted : await post.commit(receipt)
    if (outcome.kind !== 'applied' || !held || holdings.get(id) !== held) return outcome
    if (!runs) await this.cancel(held)
    else {
      // A program that was stopped cannot be brought back, so the wish must be on disk; in one process it may not be yet.
      // When it is lost on the way there, it comes again.
      void outcome.durable.then(
        () => this.cancel(held),
        () => {},
      )
    }
    return outcome
  }
}
