import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'

/** Which executions of each job are under way and meant to be: nobody has asked them to stop. */
export class Wanted {
  readonly #byJob = new Map<JobId, Set<ExecutionId>>()

  clear(): void {
    this.#byJob.clear()
  }

  /** Of the job, some that are not among these. */
  isAnyBut(ended: ReadonlySet<ExecutionId>, jobId: JobId): boolean {
    return this.#byJob.get(jobId)?.isSubsetOf(ended) === false
  }

  /** Takes note of an execution as it is stored. */
  track(execution: Execution): void {
    const { ID, JobID, ComputeState, DesiredState } = execution
    if (isTerminalExecution(ComputeState.StateType) || DesiredState.StateType === 'Stopped') return this.drop(execution)
    const ofJob = this.#byJob.get(JobID) ?? new Set()
    ofJob.add(ID)
    this.#byJob.set(JobID, ofJob)
  }

  drop({ ID, JobID }: Execution): void {
    const ofJob = this.#byJob.get(JobID)
    if (ofJob?.delete(ID) && ofJob.size === 0) this.#byJob.delete(JobID)
  }
}
