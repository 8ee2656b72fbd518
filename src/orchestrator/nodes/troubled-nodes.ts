import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { Execution } from '#models/execution.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import { weightAt } from '../placement/trouble.ts'

/** So many jobs must have failed on a node of late, or been lost with it, before that is held against it. */
const fewJobs = 3
/** Another failure of one of the last so many jobs says nothing new of the node. */
const jobsKept = 16

/** What a node that goes away loses within that time, it loses at once. */
const oneLossNs = 60_000_000_000n
/** So many nodes are remembered over a restart, those with most failures. */
const mostKept = 1_000

/** Both count less and less. `atNs`: Unix ns for which they hold. `lostNs`: of the last loss; 0 = none. */
type Ends = { atNs: bigint; failed: number; succeeded: number; jobs: readonly JobId[]; lostNs: bigint }

/**
 * Nodes on which jobs of many kinds have failed of late for no fault of theirs: whatever is wrong there, the next job would
 * meet it too. Of nodes with failures only.
 */
export class TroubledNodes {
  readonly #ends = new Map<NodeId, Ends>()
  /** They are not what was last told or heard. */
  #isNews = false

  clear(): void {
    this.#ends.clear()
  }

  forget(id: NodeId): void {
    this.#isNews = this.#ends.delete(id) || this.#isNews
  }

  /** To be remembered, as JSON; undefined = what was told before is as good. */
  toldAt(nowNs: bigint): string | undefined {
    if (!this.#isNews) return undefined
    this.#isNews = false
    const all = [...this.#ends.keys()].flatMap((id) => {
      const ends = this.#endsAt(id, nowNs)
      return ends ? [[id, ends] as const] : []
    })
    return exactJson(all.sort(([, a], [, b]) => b.failed - a.failed).slice(0, mostKept))
  }

  /** What was told before, in place of what is known. */
  hear(told: string): void {
    this.#ends.clear()
    this.#isNews = false
    for (const [id, ends] of parseExact<[NodeId, Ends][]>(told)) this.#ends.set(id, ends)
  }

  /** An execution has ended. */
  note(execution: Execution): void {
    const { NodeID, JobID, ModifyTime, ComputeState } = execution
    const ends = this.#endsAt(NodeID, ModifyTime)
    if (isNews(execution, ends)) {
      const { failed = 0, succeeded = 0, jobs = [], lostNs = 0n } = ends ?? {}
      const isLost = execution.FailureClass === 'lost'
      this.#put(NodeID, {
        atNs: ModifyTime,
        failed: failed + 1,
        succeeded,
        jobs: isLost ? jobs : [...jobs, JobID].slice(-jobsKept),
        lostNs: isLost ? ModifyTime : lostNs,
      })
    } else if (ends && ComputeState.StateType === 'Completed')
      this.#put(NodeID, { ...ends, succeeded: ends.succeeded + 1 })
  }

  #put(id: NodeId, ends: Ends): void {
    this.#ends.set(id, ends)
    this.#isNews = true
  }

  /** Of which nodes that is held against them now, and how often they failed: at least half as often as they served well. */
  at(nowNs: bigint): ReadonlyMap<NodeId, number> {
    const troubled = new Map<NodeId, number>()
    for (const id of [...this.#ends.keys()]) {
      const { failed = 0, succeeded = 0 } = this.#endsAt(id, nowNs) ?? {}
      if (Math.round(failed) >= fewJobs && failed * 2 >= succeeded) troubled.set(id, Math.round(failed))
    }
    return troubled
  }

  #endsAt(id: NodeId, nowNs: bigint): Ends | undefined {
    const ends = this.#ends.get(id)
    if (!ends) return undefined
    const weight = weightAt(nowNs - ends.atNs)
    const aged = { ...ends, atNs: nowNs, failed: ends.failed * weight, succeeded: ends.succeeded * weight }
    if (aged.failed >= 0.5) return aged
    this.#ends.delete(id)
    return undefined
  }
}

/** Another failure of the same job says nothing new of the node, nor does the rest of what it lost. */
const isNews = (execution: Execution, ends: Ends | undefined): boolean =>
  execution.FailureClass === 'lost'
    ? execution.ComputeState.StateType === 'Failed' && execution.ModifyTime >= (ends?.lostNs ?? 0n) + oneLossNs
    : isNodesFault(execution) && !ends?.jobs.includes(execution.JobID)

/** A program that ran to its end, however it ended, was served well. */
const isNodesFault = ({ ComputeState, FailureClass, RunOutput }: Execution): boolean =>
  ComputeState.StateType === 'Failed' &&
  (FailureClass === 'node' || (FailureClass === 'transient' && (RunOutput?.ExitCode ?? -1) === -1))
