import type { JobId, NodeId } from '#models/ids.ts'
import type { Reservation } from '../snapshot.ts'

/** For which job room is kept on which node: one on a node at most. */
export class Reservations {
  readonly #byNode = new Map<NodeId, Reservation>()
  readonly #byJob = new Map<JobId, Set<NodeId>>()

  clear(): void {
    this.#byNode.clear()
    this.#byJob.clear()
  }

  on(id: NodeId): Reservation | undefined {
    return this.#byNode.get(id)
  }

  of(jobId: JobId): NodeId[] {
    return [...(this.#byJob.get(jobId) ?? [])]
  }

  /** All that the job has from now on; another's on the same node ends. */
  set(jobId: JobId, wanted: ReadonlyMap<NodeId, Reservation>): void {
    for (const id of this.of(jobId)) if (!wanted.has(id)) this.end(id)
    for (const [id, reservation] of wanted) {
      this.end(id)
      this.#byNode.set(id, reservation)
      this.#byJob.set(jobId, (this.#byJob.get(jobId) ?? new Set()).add(id))
    }
  }

  end(id: NodeId): void {
    const ended = this.#byNode.get(id)
    if (!ended) return
    this.#byNode.delete(id)
    const own = this.#byJob.get(ended.jobId)
    own?.delete(id)
    if (own?.size === 0) this.#byJob.delete(ended.jobId)
  }
}
