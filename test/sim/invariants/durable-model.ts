import type { Change } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { isCounted, type Job, type JobSpec } from '#models/job.ts'
import type { NewHistory } from '#models/job-history.ts'
import type { NodeState } from '#models/node.ts'
import { markOf } from '../job-mix.ts'
import type { JobStep } from './rule.ts'

/** What the orchestrator has on disk, followed change by change and never read back from it. */
export class DurableModel {
  readonly jobs = new Map<JobId, Job>()
  readonly executions = new Map<ExecutionId, Execution>()
  /** What ended and was not kept. */
  readonly removed = new Set<JobId>()
  /** Of removed executions: where they were placed. A node that was away may hold its order for longer than its job is kept. */
  readonly #placedOn = new Map<ExecutionId, NodeId>()
  readonly nodes = new Map<NodeId, NodeState>()
  readonly #history = new Map<JobId, NewHistory[]>()
  /** The latest time that a row was given: clocks that are set back stand still for those who read them. */
  newestNs = 0n
  readonly #ofJob = new Map<JobId, Set<ExecutionId>>()
  readonly #versions = new Map<string, Job>()
  readonly #asked: ReadonlyMap<string, JobSpec>

  /** `asked`: what the client asked for, by mark. It is what counts, whatever the row says. */
  constructor(asked: ReadonlyMap<string, JobSpec>) {
    this.#asked = asked
  }

  applyRemovals({ removeJobs, removeHistory }: Change): void {
    for (const { id } of removeJobs ?? []) {
      for (const { ID, NodeID } of this.executionsOf(id)) {
        this.executions.delete(ID)
        this.#placedOn.set(ID, NodeID)
      }
      this.#ofJob.delete(id)
      this.jobs.delete(id)
      this.removed.add(id)
    }
    for (const { id } of [...(removeJobs ?? []), ...(removeHistory ?? [])]) this.#history.delete(id)
  }

  /** One step after the other: a change may make a job and move it. */
  applyJobs({ insertJobs, updateJobs }: Change): JobStep[] {
    const rows = [...(insertJobs ?? []), ...(updateJobs ?? []).map((update) => update.job)]
    return rows.map((job) => {
      this.#note(job.ModifyTime)
      const before = this.jobs.get(job.ID)
      const after = { ...job, ...this.#asked.get(markOf(job)) }
      this.jobs.set(job.ID, after)
      this.#versions.set(`${job.ID}/${job.Version}`, after)
      return { before, after }
    })
  }

  applyExecutions({ insertExecutions, updateExecutions }: Change): void {
    for (const execution of [...(insertExecutions ?? []), ...(updateExecutions ?? []).map((row) => row.execution)]) {
      this.#note(execution.ModifyTime)
      this.executions.set(execution.ID, execution)
      this.#ofJob.set(execution.JobID, (this.#ofJob.get(execution.JobID) ?? new Set()).add(execution.ID))
    }
  }

  applyRest({ history, putNodes, removeNodes }: Change): void {
    for (const node of putNodes ?? []) this.nodes.set(node.Info.NodeID, node)
    for (const id of removeNodes ?? []) this.nodes.delete(id)
    for (const line of history ?? []) this.#history.set(line.JobID, [...this.historyOf(line.JobID), line])
  }

  #note(timeNs: bigint): void {
    if (timeNs > this.newestNs) this.newestNs = timeNs
  }

  /** The node that an execution is or was placed on. */
  nodeOf(id: ExecutionId): NodeId | undefined {
    return this.executions.get(id)?.NodeID ?? this.#placedOn.get(id)
  }

  /** How long a job has waited by the orchestrator's clock, which may have stood still; undefined = it has started. */
  waitedNs(mark: string, nowNs: bigint): bigint | undefined {
    const job = [...this.jobs.values()].find((each) => markOf(each) === mark)
    return this.hasStarted(mark) || !job ? undefined : nowNs - job.VersionTime
  }

  historyOf(jobId: JobId): readonly NewHistory[] {
    return this.#history.get(jobId) ?? []
  }

  executionsOf(jobId: JobId): Execution[] {
    return [...(this.#ofJob.get(jobId) ?? [])].map((id) => this.executions.get(id) as Execution)
  }

  hasMark(mark: string): boolean {
    return [...this.#versions.values()].some((job) => markOf(job) === mark)
  }

  /** Whether something of a job ran; what is no longer kept has ended. */
  hasStarted(mark: string): boolean {
    const job = [...this.jobs.values()].find((each) => markOf(each) === mark)
    return job ? this.executionsOf(job.ID).some(({ StartTime }) => StartTime > 0n) : this.hasMark(mark)
  }

  /** The job as it was in the version of the execution. */
  jobOf({ JobID, JobVersion }: Execution): Job {
    return this.#versions.get(`${JobID}/${JobVersion}`) as Job
  }

  live(): Execution[] {
    return [...this.executions.values()].filter(isLive)
  }

  /** What competes for the same place: attempts of one partition, or of one node where every node has its own. */
  slotOf(execution: Execution): Execution[] {
    const job = this.jobs.get(execution.JobID) as Job
    const place = (e: Execution) => (isCounted(job.Type) ? e.PartitionIndex : e.NodeID)
    return this.executionsOf(execution.JobID).filter(
      (other) => other.JobVersion === execution.JobVersion && place(other) === place(execution),
    )
  }
}

export const isLive = (execution: Execution): boolean => !isTerminalExecution(execution.ComputeState.StateType)
/** May run: live, and nobody has asked it to stop. */
export const isAuthorised = (execution: Execution): boolean =>
  isLive(execution) && execution.DesiredState.StateType !== 'Stopped'
