import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Post } from '#link/post.ts'
import type { Execution } from '#models/execution.ts'
import type { JobId } from '#models/ids.ts'
import type { NodeTable } from './nodes/node-table.ts'
import type { Waiters } from './waiters.ts'

/**
 * The one door through which the control plane changes its state: commits, keeps the node table true, sends what was
 * written to outboxes, and tells those who wait for a job once the change is durable.
 */
export class Ledger {
  readonly store: Store
  readonly #post: Post
  readonly #nodes: NodeTable
  readonly #waiters: Waiters
  readonly #onRoom: () => void

  constructor(parts: { store: Store; post: Post; nodes: NodeTable; waiters: Waiters; onRoom: () => void }) {
    this.store = parts.store
    this.#post = parts.post
    this.#nodes = parts.nodes
    this.#waiters = parts.waiters
    this.#onRoom = parts.onRoom
  }

  async commit(change: Change): Promise<CommitOutcome> {
    // A promise to a node is subtracted at once, before the next decision is made.
    const promised = change.insertExecutions ?? []
    for (const execution of promised) this.#nodes.track(execution)
    let isApplied = false
    try {
      const outcome = await this.#post.commit(change, () => this.#track(change))
      isApplied = outcome.kind === 'applied'
      if (outcome.kind === 'applied') this.#tell(change, outcome.durable)
      return outcome
    } finally {
      if (!isApplied && promised.length > 0) this.#takeBack(promised)
    }
  }

  /** The same, done when it is durable. Throws a Fault Conflict when it cannot be applied. */
  async commitDurably(change: Change): Promise<void> {
    const outcome = await this.commit(change)
    if (outcome.kind === 'applied') await outcome.durable
    if (outcome.kind === 'conflict') throw new Fault('Conflict', outcome.what, { isRetryable: true })
  }

  #takeBack(promised: readonly Execution[]): void {
    const freed = promised.map((execution) => this.#nodes.untrack(execution))
    if (freed.includes(true)) this.#onRoom()
  }

  #track(change: Change): void {
    let isRoomFreed = false
    for (const state of change.putNodes ?? []) this.#nodes.put(state)
    for (const nodeId of change.removeNodes ?? []) this.#nodes.remove(nodeId)
    for (const { execution } of change.updateExecutions ?? []) {
      isRoomFreed = this.#nodes.track(execution) || isRoomFreed
    }
    if (isRoomFreed) this.#onRoom()
  }

  #tell(change: Change, durable: Promise<void>): void {
    const waited = new Set<JobId>()
    const note = (jobId: JobId): void => {
      if (this.#waiters.has(jobId)) waited.add(jobId)
    }
    for (const { id } of change.updateJobs ?? []) note(id)
    for (const { id } of change.removeJobs ?? []) note(id)
    for (const { JobID } of change.insertExecutions ?? []) note(JobID)
    for (const { execution } of change.updateExecutions ?? []) note(execution.JobID)
    if (waited.size === 0) return
    durable.then(
      () => {
        for (const jobId of waited) this.#waiters.notify(jobId)
      },
      () => {},
    )
  }
}
