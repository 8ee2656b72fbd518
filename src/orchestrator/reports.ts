import type { Change, Store } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { NewHistory } from '#models/job-history.ts'
import { jobStateLines } from './history-lines.ts'
import type { Effect } from './report-effect.ts'

type Changed<Noun> = { stored: Noun; now: Noun }
type Resting = { job: Job; executions: readonly Execution[] }

/** What a node reports in one go: each report sees what those before it did, and one change stores all of it. */
export class Reports {
  readonly #store: Store
  readonly #executions = new Map<ExecutionId, Changed<Execution>>()
  readonly #jobs = new Map<JobId, Changed<Job>>()
  readonly #looks = new Map<JobId, { job: Job; look: Effect['look'] }>()
  readonly #history: NewHistory[] = []
  readonly #outbox: NonNullable<Change['outbox']>[number][] = []

  constructor(store: Store) {
    this.#store = store
  }

  async execution(id: ExecutionId): Promise<Execution | undefined> {
    return this.#executions.get(id)?.now ?? this.#store.execution(id)
  }

  /** Read once for all that is reported in one go. */
  async job(id: JobId): Promise<Job | undefined> {
    const known = this.#jobs.get(id)
    if (known) return known.now
    const job = await this.#store.job(id)
    if (job) this.#jobs.set(id, { stored: job, now: job })
    return job
  }

  add(before: Execution, job: Job, { after, lines, isJobStarted, look }: Effect): void {
    const stored = this.#executions.get(after.ID)?.stored ?? before
    this.#executions.set(after.ID, { stored, now: after })
    const startedJob = isJobStarted ? started(job, after.ModifyTime) : undefined
    if (startedJob) this.#jobs.set(job.ID, { stored: job, now: startedJob })
    const jobLines = startedJob ? jobStateLines(startedJob, job.State.StateType, undefined) : []
    this.#history.push(...lines.slice(0, 2), ...jobLines, ...lines.slice(2))
    if (look !== 'no' && this.#looks.get(job.ID)?.look !== 'yes') this.#looks.set(job.ID, { job, look })
  }

  send(message: NonNullable<Change['outbox']>[number]): void {
    this.#outbox.push(message)
  }

  change(): Change {
    return {
      updateJobs: [...this.#jobs.values()]
        .filter(({ stored, now }) => now !== stored)
        .map(({ stored, now }) => ({ id: now.ID, expectedRevision: stored.Revision, job: now })),
      updateExecutions: Array.from(this.#executions.values(), ({ stored, now }) => ({
        id: now.ID,
        expectedRevision: stored.Revision,
        execution: now,
      })),
      history: this.#history,
      outbox: this.#outbox,
    }
  }

  /** The jobs that nothing is at work for any more once this is stored, after a success; each as it will be, with all its executions. */
  async resting(isAtWork: (jobId: JobId, ended: ReadonlySet<ExecutionId>) => boolean): Promise<Resting[]> {
    const succeeded = [...this.#looks.values()].filter(({ look }) => look === 'if it was the last')
    if (succeeded.length === 0) return []
    const ended = new Set(
      Array.from(this.#executions.values(), ({ now }) => now)
        .filter(isEnded)
        .map(({ ID }) => ID),
    )
    const jobs = succeeded.flatMap(({ job }) => (isAtWork(job.ID, ended) ? [] : (this.#jobs.get(job.ID)?.now ?? [])))
    return Promise.all(jobs.map(async (job) => ({ job, executions: await this.#executionsOf(job.ID) })))
  }

  async #executionsOf(jobId: JobId): Promise<Execution[]> {
    const stored = await this.#store.executionsOfJob(jobId)
    return stored.map((execution) => this.#executions.get(execution.ID)?.now ?? execution)
  }

  /** The jobs that have to be looked at, now that it is stored. */
  toLookAt(goesOn: (jobId: JobId) => boolean): Job[] {
    const looks = [...this.#looks.values()]
    return looks.filter(({ job, look }) => look === 'yes' || !goesOn(job.ID)).map(({ job }) => job)
  }
}

const isEnded = ({ ComputeState }: Execution): boolean => isTerminalExecution(ComputeState.StateType)

const started = (job: Job, nowNs: bigint): Job | undefined =>
  job.State.StateType === 'Pending' || job.State.StateType === 'Queued'
    ? { ...job, State: { StateType: 'Running' }, Revision: job.Revision + 1, ModifyTime: nowNs }
    : undefined
