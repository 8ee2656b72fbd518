import { allocatedOf, type Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { addResources, noResources, type Resources, subtractResources } from '#models/resources.ts'

type Held = { need: Resources; jobId: JobId; revision: number; since: bigint }
type Kept = { readonly live: Map<ExecutionId, Held>; sum: Resources }

/** What nodes have been promised and not given back, also those that are not in the table: one that was removed may be back before its work is stored as lost. */
export class Promises {
  readonly #byNode = new Map<NodeId, Kept>()
  /** Jobs that run until they are stopped. */
  readonly #lasting = new Set<JobId>()

  clear(): void {
    this.#byNode.clear()
  }

  on(id: NodeId): Resources {
    return this.#byNode.get(id)?.sum ?? noResources()
  }

  /** How many have not ended. */
  countOn(id: NodeId): number {
    return this.#byNode.get(id)?.live.size ?? 0
  }

  /** Jobs with something on the node that has not ended. */
  jobsOn(id: NodeId): Set<JobId> {
    return new Set([...(this.#byNode.get(id)?.live.values() ?? [])].map(({ jobId }) => jobId))
  }

  /** What of the node has not ended, and the revision of each. */
  revisionsOn(id: NodeId): Map<ExecutionId, number> {
    return new Map([...(this.#byNode.get(id)?.live ?? [])].map(([execution, { revision }]) => [execution, revision]))
  }

  setLasting(jobId: JobId, isLasting: boolean): void {
    if (isLasting) this.#lasting.add(jobId)
    else this.#lasting.delete(jobId)
  }

  /** Promised to what runs until it is stopped; with `before` also to what is there since before then. */
  lastingOn(id: NodeId, before = 0n): Resources {
    const live = [...(this.#byNode.get(id)?.live.values() ?? [])]
    return live
      .filter(({ jobId, since }) => since < before || this.#lasting.has(jobId))
      .reduce((sum, { need }) => addResources(sum, need), noResources())
  }

  /** Takes note of its revision too. Returns false when it was known. */
  make(execution: Execution): boolean {
    const { ID, NodeID, JobID, Revision, CreateTime } = execution
    const kept = this.#byNode.get(NodeID) ?? { live: new Map(), sum: noResources() }
    const held = kept.live.get(ID)
    if (held) {
      held.revision = Revision
      return false
    }
    const need = allocatedOf(execution) ?? noResources()
    kept.live.set(ID, { need, jobId: JobID, revision: Revision, since: CreateTime })
    kept.sum = addResources(kept.sum, need)
    this.#byNode.set(NodeID, kept)
    return true
  }

  /** Returns false when there is none. */
  end({ ID, NodeID }: Execution): boolean {
    const kept = this.#byNode.get(NodeID)
    const held = kept?.live.get(ID)
    if (!kept || !held) return false
    kept.live.delete(ID)
    if (kept.live.size === 0) this.#byNode.delete(NodeID)
    kept.sum = subtractResources(kept.sum, held.need)
    return true
  }
}
