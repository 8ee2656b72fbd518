import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { EndedJobs } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob, type JobStateName, jobStateNames } from '#models/job-state.ts'
import { type Exact, prepare, prepareExact, query, value } from '../queries.ts'
import type { IdIndex } from './id-index.ts'
import type { JobLabelsTable } from './job-labels.ts'
import {
  detailText,
  type FullRow,
  fullColumns,
  isLive,
  isLiveNumber,
  isLiveRow,
  type JobRow,
  jobOf,
  labelsText,
  ownName,
  stateNumber,
} from './job-row.ts'
import { passesBeforeWritten } from './passes.ts'
import { RecentRows } from './recent-rows.ts'
import { headOf, type JobHead, type VersionsTable } from './versions.ts'

/** What a change needs to know of a job before it touches it. */
export type JobHandle = { key: number; version: number; versionKey: number; revision: number; isLive: boolean }

type StateRow = Pick<JobRow, 'key' | 'id' | 'state'>
type HeldJob = { key: number; versionKey: number; head: JobHead }
/** `hasMoved`: it has ended, or lives again, since its row was written. */
type ChangedJob = HeldJob & { hasMoved: boolean; passes: number }

/** What changes without a new version is written when the tables are: once for several changes. */
export class JobsTable {
  /** Those that came or were read of late, without their specifications, which may be large. */
  readonly #held = new RecentRows<JobId, HeldJob>({ max: 8_192 }, { max: 2_048 })
  /** Whose rows are older. */
  readonly #changed = new Map<JobId, ChangedJob>()
  readonly #ids: IdIndex
  readonly #versions: VersionsTable
  readonly #labels: JobLabelsTable
  readonly #insert: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #move: SqlStatement<unknown>
  readonly #updateSpec: SqlStatement<unknown>
  readonly #handle: SqlStatement<Pick<JobRow, 'version' | 'version_key' | 'revision' | 'is_live'>>
  readonly #byKey: SqlStatement<Exact<FullRow>>
  readonly #byName: SqlStatement<{ id: string; created_at: bigint }>
  readonly #unnamed: SqlStatement<{ id: string; created_at: bigint }>
  readonly #live: SqlStatement<StateRow>
  readonly #ended: SqlStatement<StateRow>
  readonly #endedBefore: Readonly<Record<EndedJobs, SqlStatement<EndedRow>>>
  readonly #forgetHistory: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase, ids: IdIndex, versions: VersionsTable, labels: JobLabelsTable) {
    this.#ids = ids
    this.#versions = versions
    this.#labels = labels
    this.#insert = prepare(database, insertQuery(), insertNames)
    const update = query.updateTable('jobs').where('key', '=', value('key'))
    this.#update = prepare(database, update.set(changing()), 'state, state_detail, revision, modified_at, key')
    this.#move = prepare(
      database,
      update.set({ ...changing(), is_live: value('is_live'), has_history: sql.lit(1) }),
      'state, state_detail, revision, modified_at, is_live, key',
    )
    this.#updateSpec = prepare(
      database,
      update.set(specColumns()),
      'namespace, name, version, version_key, labels, key',
    )
    const jobs = query.selectFrom('jobs')
    const byKey = jobs.where('key', '=', value('key'))
    this.#handle = prepare(database, byKey.select(['version', 'version_key', 'revision', 'is_live']), 'key')
    this.#byKey = prepareExact(database, byKey.select(fullColumns), 'key')
    const inNamespace = jobs.select(['id', 'created_at']).where('namespace', '=', value('namespace'))
    const named = inNamespace.where('name', '=', value('name')).orderBy('created_at', 'desc')
    this.#byName = prepareExact(database, named.limit(sql.lit(1)), 'namespace, name')
    const unnamed = inNamespace.where('key', '=', value('key')).where('name', 'is', null)
    this.#unnamed = prepareExact(database, unnamed, 'namespace, key')
    const byAge = jobs.select(['key', 'id', 'state']).orderBy('key')
    this.#live = prepare(database, byAge.where('is_live', '=', sql.lit(1)), '')
    this.#ended = prepare(database, byAge.where('is_live', '=', sql.lit(0)), '')
    this.#endedBefore = {
      all: prepare(database, endedQuery([0, 1]), 'before, limit'),
      'with history': prepare(database, endedQuery([1]), 'before, limit'),
    }
    this.#forgetHistory = prepare(database, update.set({ has_history: sql.lit(0) }), 'key')
    this.#remove = prepare(database, query.deleteFrom('jobs').where('key', '=', value('key')), 'key')
    const lastKey = jobs.select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, lastKey, '')
  }

  insert(key: number, versionKey: number, job: Job): void {
    this.#insert.run(
      key,
      job.ID,
      job.Namespace,
      ownName(job),
      stateNumber(job.State),
      detailText(job.State),
      isLiveNumber(job.State),
      job.Version,
      versionKey,
      job.Revision,
      job.CreateTime,
      job.ModifyTime,
      labelsText(job),
    )
    this.#labels.insert(key, job.CreateTime, job.Labels)
    this.#ids.add(job.ID, key)
    this.#held.set(job.ID, { key, versionKey, head: headOf(job) }, isLive(job))
  }

  update({ key, isLive: isRowLive }: JobHandle, versionKey: number, job: Job): void {
    const changed = this.#changed.get(job.ID)
    const hasMoved = changed?.hasMoved || isRowLive !== isLive(job)
    if (!isLive(job)) this.#versions.rest(versionKey)
    this.#changed.set(job.ID, { key, versionKey, head: headOf(job), hasMoved, passes: changed?.passes ?? 0 })
  }

  /** When the tables are written; `isAll`: to disk. */
  write(isAll: boolean): void {
    for (const [id, changed] of this.#changed) {
      const { State, Revision, ModifyTime } = changed.head
      const lives = isLive(changed.head)
      if (!isAll && lives && changed.passes++ < passesBeforeWritten) continue
      const { key, versionKey, head, hasMoved } = changed
      const state = stateNumber(State)
      const detail = detailText(State)
      // Naming an indexed column writes its index, also when the value stays.
      if (hasMoved) this.#move.run(state, detail, Revision, ModifyTime, isLiveNumber(State), key)
      else this.#update.run(state, detail, Revision, ModifyTime, key)
      this.#changed.delete(id)
      this.#held.set(id, { key, versionKey, head }, lives)
    }
  }

  /** A new version has come in place of `last`. */
  updateSpec(key: number, versionKey: number, last: Job, job: Job): void {
    this.#updateSpec.run(job.Namespace, ownName(job), job.Version, versionKey, labelsText(job), key)
    this.#labels.remove(key, last.CreateTime, last.Labels)
    this.#labels.insert(key, last.CreateTime, job.Labels)
    this.#held.delete(job.ID)
  }

  key(id: JobId): number | undefined {
    return this.#ids.key(id)
  }

  handle(id: JobId): JobHandle | undefined {
    const held = this.#heldOf(id)
    if (held) return jobHandle(held.key, held.versionKey, held.head)
    const key = this.#ids.key(id)
    const row = key === undefined ? undefined : this.#handle.get(key)
    if (key === undefined || !row) return undefined
    return { key, version: row.version, versionKey: row.version_key, revision: row.revision, isLive: row.is_live === 1 }
  }

  get(id: JobId): Job | undefined {
    const held = this.#heldOf(id)
    const version = held && this.#versions.get(held.versionKey, isLive(held.head))
    if (version) return { ...version.spec, ...held.head }
    const key = this.#ids.key(id)
    return key === undefined ? undefined : this.byKey(key)
  }

  byKey(key: number | bigint): Job | undefined {
    const row = this.#byKey.get(key)
    const changed = row && this.#changed.get(row.id as JobId)
    if (!row) return undefined
    const versionKey = changed?.versionKey ?? Number(row.version_key)
    const version = this.#versions.get(versionKey, changed ? isLive(changed.head) : isLiveRow(row))
    if (!version) return undefined
    if (changed) return { ...version.spec, ...changed.head }
    const job = jobOf(row, version)
    this.#held.set(job.ID, { key: Number(key), versionKey, head: headOf(job) }, isLive(job))
    return job
  }

  idsByPrefix(prefix: string, limit: number): JobId[] {
    return this.#ids.startingWith(prefix, limit) as JobId[]
  }

  /** The newest of that name; a job without a name of its own is called by its id. */
  idByName(name: string, namespace: string): JobId | undefined {
    const named = this.#byName.get(namespace, name)
    const key = this.#ids.key(name)
    const unnamed = key === undefined ? undefined : this.#unnamed.get(namespace, key)
    const isUnnamedNewer = unnamed && (!named || unnamed.created_at > named.created_at)
    return (isUnnamedNewer ? unnamed : named)?.id as JobId | undefined
  }

  idsInStates(states: readonly JobStateName[]): JobId[] {
    const wanted = new Set(states.map((state) => jobStateNames.indexOf(state)))
    const rows: StateRow[] = []
    if (states.some((state) => !isTerminalJob(state))) rows.push(...this.#live.all())
    if (states.some(isTerminalJob)) rows.push(...this.#ended.all())
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const [id, { key, head }] of this.#changed) found.set(id, { key, id, state: stateNumber(head.State) })
    const inStates = [...found.values()].filter((row) => wanted.has(row.state))
    return inStates.sort((a, b) => a.key - b.key).map((row) => row.id as JobId)
  }

  /** Ended before this time, with no live execution. */
  endedBefore(which: EndedJobs, before: bigint, limit: number): EndedRow[] {
    return this.#endedBefore[which].all(before, limit)
  }

  forgetHistory(key: number): void {
    this.#forgetHistory.run(key)
  }

  /** Its executions are gone already. */
  remove(key: number): void {
    const job = this.byKey(key)
    assert(job, 'a job that is removed is stored')
    this.#labels.remove(key, job.CreateTime, job.Labels)
    this.#ids.remove(job.ID)
    this.#held.delete(job.ID)
    this.#changed.delete(job.ID)
    this.#remove.run(key)
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }

  /** After a rollback. */
  forget(): void {
    this.#held.clear()
    this.#changed.clear()
  }

  #heldOf(id: JobId): HeldJob | undefined {
    return this.#changed.get(id) ?? this.#held.get(id)
  }
}

export type EndedRow = Pick<JobRow, 'key' | 'id' | 'revision' | 'version_key'>

export const jobHandle = (key: number, versionKey: number, head: JobHead): JobHandle => ({
  key,
  version: head.Version,
  versionKey,
  revision: head.Revision,
  isLive: isLive(head),
})

const endedQuery = (hasHistory: readonly number[]) =>
  query
    .selectFrom('jobs')
    .select(['key', 'id', 'revision', 'version_key'])
    .where('is_live', '=', sql.lit(0))
    .where(
      'has_history',
      'in',
      hasHistory.map((flag) => sql.lit(flag)),
    )
    .where('modified_at', '<', value('before'))
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('executions')
            .select('executions.key')
            .whereRef('executions.job_key', '=', 'jobs.key')
            .where('executions.is_live', '=', sql.lit(1)),
        ),
      ),
    )
    .limit(value('limit'))

const insertNames =
  'key, id, namespace, name, state, state_detail, is_live, version, version_key, revision, created_at, modified_at, labels'

const insertQuery = () =>
  query.insertInto('jobs').values({
    key: value('key'),
    id: value('id'),
    namespace: value('namespace'),
    name: value('name'),
    state: value('state'),
    state_detail: value('state_detail'),
    is_live: value('is_live'),
    version: value('version'),
    version_key: value('version_key'),
    revision: value('revision'),
    created_at: value('created_at'),
    modified_at: value('modified_at'),
    labels: value('labels'),
    has_history: sql.lit(1),
  })

const changing = () => ({
  state: value('state'),
  state_detail: value('state_detail'),
  revision: value('revision'),
  modified_at: value('modified_at'),
})

const specColumns = () => ({
  namespace: value('namespace'),
  name: value('name'),
  version: value('version'),
  version_key: value('version_key'),
  labels: value('labels'),
})
