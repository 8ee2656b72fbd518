import type {
  Change,
  CommitOutcome,
  EndedJob,
  EndedJobs,
  IdempotencyToken,
  OutboxRow,
  Page,
  Store,
  WorkRow,
  WorkState,
} from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import type { JobStateName } from '#models/job-state.ts'
import type { NodeState } from '#models/node.ts'
import type { GroupCommit } from './group-commit.ts'
import type { StateTables } from './state-tables.ts'
import type { JobListing } from './tables/job-listing.ts'
import type { EndedRow } from './tables/jobs.ts'

export type SqlStoreParts = {
  storeId: string
  tables: StateTables
  listing: JobListing
  group: GroupCommit
  clock: Clock
}

/** The store over an SQL database with one synchronous connection. */
export class SqlStore implements Store {
  readonly storeId: string
  readonly #tables: StateTables
  readonly #listing: JobListing
  readonly #group: GroupCommit
  readonly #clock: Clock

  constructor(parts: SqlStoreParts) {
    this.storeId = parts.storeId
    this.#tables = parts.tables
    this.#listing = parts.listing
    this.#group = parts.group
    this.#clock = parts.clock
  }

  async commit(change: Change): Promise<CommitOutcome> {
    return this.#group.apply(change)
  }

  settled(): Promise<void> {
    return this.#group.pending() ?? Promise.resolve()
  }

  onLost(listener: () => void): void {
    this.#group.onLost(listener)
  }

  async job(id: JobId): Promise<Job | undefined> {
    return this.#read(() => this.#tables.jobs.get(id))
  }

  async jobVersion(id: JobId, version: number): Promise<Job | undefined> {
    return this.#read(() => {
      const newest = this.#tables.jobs.get(id)
      if (!newest || newest.Version === version) return newest
      return this.#endedVersions(newest).find((job) => job.Version === version)
    })
  }

  async jobVersions(id: JobId): Promise<Job[]> {
    return this.#read(() => {
      const newest = this.#tables.jobs.get(id)
      return newest ? [...this.#endedVersions(newest), newest] : []
    })
  }

  async jobIdsByPrefix(prefix: string, limit: number): Promise<JobId[]> {
    return this.#read(() => this.#tables.jobs.idsByPrefix(prefix, limit))
  }

  async jobIdByName(name: string, namespace: string): Promise<JobId | undefined> {
    return this.#read(() => this.#tables.jobs.idByName(name, namespace))
  }

  async jobs(...which: Parameters<Store['jobs']>): Promise<Page<Job>> {
    this.#read(() => this.#group.requireRows())
    return this.#listing.page(...which).catch((error: unknown) => this.#failed(error))
  }

  async jobIdsInStates(states: readonly JobStateName[]): Promise<JobId[]> {
    return this.#read(() => this.#tables.jobs.idsInStates(states))
  }

  async endedJobs(which: EndedJobs, before: bigint, limit: number): Promise<EndedJob[]> {
    return this.#read(() => {
      // What lives is asked of the rows.
      this.#group.requireRows()
      const { jobs, versions, work } = this.#tables
      const atWork = work.versionKeys()
      const isAtWork = ({ key, version_key }: EndedRow) =>
        atWork.size > 0 && [version_key, ...versions.endedKeys(key)].some((version) => atWork.has(version))
      const rows = jobs.endedBefore(which, before, limit).filter((row) => !isAtWork(row))
      return rows.map((row) => ({ id: row.id as JobId, expectedRevision: row.revision }))
    })
  }

  async execution(id: ExecutionId): Promise<Execution | undefined> {
    return this.#read(() => this.#tables.executions.get(id))
  }

  async executionsOfJob(jobId: JobId, version?: number): Promise<Execution[]> {
    return this.#read(() => {
      const key = this.#tables.jobs.key(jobId)
      return key === undefined ? [] : this.#tables.executions.ofJob(key, version)
    })
  }

  async liveExecutions(nodeId?: NodeId): Promise<Execution[]> {
    return this.#read(() => this.#tables.executions.live(nodeId))
  }

  async history(jobId: JobId, afterSeq: number, limit: number): Promise<JobHistory[]> {
    return this.#read(() => {
      const key = this.#tables.jobs.key(jobId)
      return key === undefined ? [] : this.#tables.history.page(jobId, key, afterSeq, limit)
    })
  }

  async nodes(): Promise<NodeState[]> {
    return this.#read(() => this.#tables.nodes.all())
  }

  async work(id: ExecutionId): Promise<WorkRow | undefined> {
    return this.#read(() => this.#tables.work.get(id))
  }

  async workInStates(states: readonly WorkState[]): Promise<WorkRow[]> {
    return this.#read(() => this.#tables.work.inStates(states))
  }

  async outbox(peer: string, afterSeq: number, limit: number): Promise<OutboxRow[]> {
    return this.#read(() => this.#tables.outbox.page(peer, afterSeq, limit))
  }

  async inboxSeq(peer: string, senderStoreId: string): Promise<number> {
    return this.#read(() => this.#tables.inbox.seq(peer, senderStoreId))
  }

  async token(namespace: string, token: string): Promise<IdempotencyToken | undefined> {
    return this.#read(() => this.#tables.tokens.get(namespace, token, this.#clock.nowNs()))
  }

  async fact(name: string): Promise<string | undefined> {
    return this.#read(() => this.#tables.facts.get(name))
  }

  async close(): Promise<void> {
    this.#group.close()
  }

  /** A failing read may end the transaction: what is held in memory of it must not be seen for longer than that. */
  #read<Value>(work: () => Value): Value {
    try {
      this.#group.requireWhole()
      return work()
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): never {
    this.#group.heedRollback()
    throw error
  }

  #endedVersions(newest: Job): Job[] {
    const key = this.#tables.jobs.key(newest.ID)
    return key === undefined ? [] : this.#tables.versions.ended(key, newest)
  }
}
