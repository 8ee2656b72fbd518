import type { Execution } from '#models/execution.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import { weightAt } from '../placement/trouble.ts'

/** So many jobs must have failed on a node of late before that is held against it. */
const fewJobs = 3
/** Another failure of one of the last so many jobs says nothing new of the node. */
const jobsKept = 16

/** Both count less and less. `atNs`: Unix ns for which they hold. */
type Ends = { atNs: bigint; failed: number; succeeded: number; jobs: readonly JobId[] }

/**
 * Nodes on which jobs of many kinds have failed of late for no fault of theirs: whatever is wrong there, the next job would
 * meet it too. In memory only, and of nodes with failures only; after a start they all begin anew.
 */
export class TroubledNodes {
  readonly #ends = new Map<NodeId, Ends>()

  clear(): void {
    this.#ends.clear()
  }

  forget(id: NodeId): void {
    this.#ends.delete(id)
  }

  /** An execution has ended. */
  note(execution: Execution): void {
    const { NodeID, JobID, ModifyTime, ComputeState } = execution
    const ends = this.#endsAt(NodeID, ModifyTime)
    if (isNodesFault(execution) && !ends?.jobs.includes(JobID)) {
      const { failed = 0, succeeded = 0, jobs = [] } = ends ?? {}
      this.#ends.set(NodeID, {
        atNs: ModifyTime,
        failed: failed + 1,
        succeeded,
        jobs: [...jobs, JobID].slice(-jobsKept),
      })
    } else if (ends && ComputeState.StateType === 'Completed')
      this.#ends.set(NodeID, { ...ends, succeeded: ends.succeeded + 1 })
  }

  /** Of which nodes that is held against them now, and how many jobs have failed there: at least half as many as have succeeded. */
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

/** A program that ran to its end, however it ended, was served well. */
const isNodesFault = ({ ComputeState, FailureClass, RunOutput }: Execution): boolean =>
  ComputeState.StateType === 'Failed' &&
  (FailureClass === 'node' || (FailureClass === 'transient' && (RunOutput?.ExitCode ?? -1) === -1))
