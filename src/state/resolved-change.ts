import type { Change, WorkRow, WorkUpdate } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { NewHistory } from '#models/job-history.ts'
import type { Keys } from './keys.ts'
import type { StateTables } from './state-tables.ts'
import { type ExecutionHandle, executionHandle } from './tables/executions.ts'
import type { Line } from './tables/history-line.ts'
import { type JobHandle, jobHandle } from './tables/jobs.ts'
import type { WorkHandle } from './tables/work.ts'

/** A change whose expectations hold, with the integer keys of the rows it writes. */
export type ResolvedChange = {
  removeJobs: { key: number; versionKeys: readonly number[] }[]
  removeHistory: { key: number }[]
  insertJobs: { handle: JobHandle; job: Job }[]
  /** `versionKey` differs from the old one when a new version comes. */
  updateJobs: { old: JobHandle; versionKey: number; job: Job }[]
  insertExecutions: { key: number; jobKey: number; execution: Execution }[]
  updateExecutions: { old: ExecutionHandle; execution: Execution }[]
  putWork: { key: number; row: WorkRow }[]
  updateWork: { key: number; update: WorkUpdate }[]
  history: (Line & { jobKey: number })[]
}

export type Refusal = { kind: 'conflict'; what: string } | { kind: 'duplicate' }

/**
 * Looks at every row a change assumes something about, before the first one is written, so that a refusal leaves
 * nothing to take back. A row that an earlier part of the change makes or moves counts as it will be.
 */
export class ChangeResolver {
  readonly #tables: StateTables
  readonly #keys: Keys
  readonly #jobs = new Map<JobId, JobHandle | undefined>()
  readonly #executions = new Map<ExecutionId, ExecutionHandle | undefined>()
  readonly #work = new Map<ExecutionId, WorkHandle | undefined>()
  readonly #resolved: ResolvedChange = {
    removeJobs: [],
    removeHistory: [],
    insertJobs: [],
    updateJobs: [],
    insertExecutions: [],
    updateExecutions: [],
    putWork: [],
    updateWork: [],
    history: [],
  }

  constructor(tables: StateTables, keys: Keys) {
    this.#tables = tables
    this.#keys = keys
  }

  resolve(change: Change): { resolved: ResolvedChange } | { refusal: Refusal } {
    const refusal =
      this.#inbox(change.inbox) ??
      this.#removeJobs(change.removeJobs) ??
      this.#removeHistory(change.removeHistory) ??
      this.#insertJobs(change.insertJobs) ??
      this.#updateJobs(change.updateJobs) ??
      this.#insertExecutions(change.insertExecutions) ??
      this.#updateExecutions(change.updateExecutions) ??
      this.#putWork(change.putWork) ??
      this.#updateWork(change.updateWork)
    if (refusal) return { refusal }
    for (const line of change.history ?? []) this.#line(line)
    return { resolved: this.#resolved }
  }

  #inbox(inbox: Change['inbox']): Refusal | undefined {
    if (!inbox) return undefined
    const last = this.#tables.inbox.seq(inbox.peer, inbox.senderStoreId)
    if (inbox.seq <= last) return { kind: 'duplicate' }
    const first = inbox.first ?? inbox.seq
    return inbox.hasGaps || first === last + 1
      ? undefined
      : conflict(`message ${first} of ${inbox.peer} follows ${last}`)
  }

  #removeJobs(jobs: Change['removeJobs']): Refusal | undefined {
    if (!jobs || jobs.length === 0) return undefined
    const atWork = this.#tables.work.versionKeys()
    for (const { id, expectedRevision } of jobs) {
      const job = this.#job(id)
      if (job?.revision !== expectedRevision) return conflict(revisionText('job', id, job, expectedRevision))
      const executions = this.#tables.executions.idsOfJob(job.key)
      const versionKeys = [job.versionKey, ...this.#tables.versions.endedKeys(job.key)]
      const isLive = job.isLive || executions.some((execution) => execution.isLive)
      if (isLive || versionKeys.some((key) => atWork.has(key))) return conflict(`job ${id} has not ended`)
      this.#jobs.set(id, undefined)
      for (const execution of executions) this.#executions.set(execution.id, undefined)
      this.#resolved.removeJobs.push({ key: job.key, versionKeys })
    }
    return undefined
  }

  #removeHistory(jobs: Change['removeHistory']): Refusal | undefined {
    for (const { id, expectedRevision } of jobs ?? []) {
      const job = this.#job(id)
      if (job?.revision !== expectedRevision) return conflict(revisionText('job', id, job, expectedRevision))
      if (job.isLive) return conflict(`job ${id} has not ended`)
      this.#resolved.removeHistory.push(job)
    }
    return undefined
  }

  #insertJobs(jobs: Change['insertJobs']): Refusal | undefined {
    for (const job of jobs ?? []) {
      if (this.#job(job.ID)) return conflict(`job ${job.ID} exists`)
      const handle = jobHandle(this.#keys.nextJob(), this.#keys.nextVersion(), job)
      this.#jobs.set(job.ID, handle)
      this.#resolved.insertJobs.push({ handle, job })
    }
    return undefined
  }

  #updateJobs(updates: Change['updateJobs']): Refusal | undefined {
    for (const { id, expectedRevision, job } of updates ?? []) {
      const old = this.#job(id)
      if (old?.revision !== expectedRevision) return conflict(revisionText('job', id, old, expectedRevision))
      assert(job.Version >= old.version, `${id} goes back from version ${old.version} to ${job.Version}`)
      const versionKey = job.Version > old.version ? this.#keys.nextVersion() : old.versionKey
      this.#jobs.set(id, jobHandle(old.key, versionKey, job))
      const made = this.#resolved.insertJobs.find(({ handle }) => handle.versionKey === versionKey)
      // What this very change makes is written once, as it will be.
      if (made) made.job = { ...made.job, State: job.State, Revision: job.Revision, ModifyTime: job.ModifyTime }
      else this.#resolved.updateJobs.push({ old, versionKey, job })
    }
    return undefined
  }

  #insertExecutions(executions: Change['insertExecutions']): Refusal | undefined {
    for (const execution of executions ?? []) {
      if (this.#execution(execution.ID)) return conflict(`execution ${execution.ID} exists`)
      const job = this.#job(execution.JobID)
      if (!job) return conflict(`job ${execution.JobID} does not exist`)
      const key = this.#keys.nextExecution()
      this.#executions.set(execution.ID, executionHandle(key, execution))
      this.#resolved.insertExecutions.push({ key, jobKey: job.key, execution })
    }
    return undefined
  }

  #updateExecutions(updates: Change['updateExecutions']): Refusal | undefined {
    for (const { id, expectedRevision, execution } of updates ?? []) {
      const old = this.#execution(id)
      if (old?.revision !== expectedRevision) return conflict(revisionText('execution', id, old, expectedRevision))
      this.#executions.set(id, executionHandle(old.key, execution))
      this.#resolved.updateExecutions.push({ old, execution })
    }
    return undefined
  }

  #putWork(rows: Change['putWork']): Refusal | undefined {
    for (const row of rows ?? []) {
      const key = this.#workOf(row.executionId)?.key ?? this.#keys.nextWork()
      this.#work.set(row.executionId, { key, state: row.state })
      this.#resolved.putWork.push({ key, row })
    }
    return undefined
  }

  #updateWork(updates: Change['updateWork']): Refusal | undefined {
    for (const update of updates ?? []) {
      const { executionId, expected, state } = update
      const old = this.#workOf(executionId)
      if (!old || !expected.includes(old.state))
        return conflict(`work ${executionId} is ${old?.state ?? 'not stored'}, not ${expected.join(' or ')}`)
      this.#work.set(executionId, { key: old.key, state })
      this.#resolved.updateWork.push({ key: old.key, update })
    }
    return undefined
  }

  #line(line: NewHistory): void {
    const job = this.#job(line.JobID)
    const execution = line.ExecutionID === undefined ? undefined : this.#execution(line.ExecutionID)
    assert(job, `history of job ${line.JobID}, which is not stored`)
    assert(execution || line.ExecutionID === undefined, `history of ${line.ExecutionID}, which is not stored`)
    this.#resolved.history.push({ jobKey: job.key, line, execution })
  }

  #job(id: JobId): JobHandle | undefined {
    return remembered(this.#jobs, id, () => this.#tables.jobs.handle(id))
  }

  #execution(id: ExecutionId): ExecutionHandle | undefined {
    return remembered(this.#executions, id, () => this.#tables.executions.handle(id))
  }

  #workOf(id: ExecutionId): WorkHandle | undefined {
    return remembered(this.#work, id, () => this.#tables.work.handle(id))
  }
}

const conflict = (what: string): Refusal => ({ kind: 'conflict', what })

const revisionText = (what: string, id: string, old: { revision: number } | undefined, expected: number): string =>
  old ? `${what} ${id} has revision ${old.revision}, not ${expected}` : `${what} ${id} does not exist`

function remembered<Key, Value>(map: Map<Key, Value | undefined>, key: Key, read: () => Value | undefined) {
  if (!map.has(key)) map.set(key, read())
  return map.get(key)
}
