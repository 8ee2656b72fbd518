import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { JobId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { isTerminalJob, type JobState, type JobStateName, jobStateNames } from '#models/job-state.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import { parseStored, storedJson } from '../stored-json.ts'

/** Jobs with what changes; the specification is in `versions`. */
export type JobRow = {
  key: number
  id: string
  namespace: string
  /** null = no name of its own: its name is its id. */
  name: string | null
  /** Place in `jobStateNames`. */
  state: number
  /** Message and Details as JSON. */
  state_detail: string | null
  is_live: number
  version: number
  revision: number
  created_at: bigint
  modified_at: bigint
  /** JSON; null = none. */
  labels: string | null
}

/** What a change needs to know of a job before it touches it. */
export type JobHandle = { key: number; version: number; revision: number }

export class JobsTable {
  readonly #insert: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #updateSpec: SqlStatement<unknown>
  readonly #handle: SqlStatement<JobHandle>
  readonly #byId: SqlStatement<FullRow>
  readonly #byKey: SqlStatement<FullRow>
  readonly #byPrefix: SqlStatement<{ id: string }>
  readonly #byName: SqlStatement<{ id: string; created_at: bigint }>
  readonly #unnamed: SqlStatement<{ id: string; created_at: bigint }>
  readonly #live: SqlStatement<{ id: string; state: number }>
  readonly #ended: SqlStatement<{ id: string; state: number }>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase) {
    this.#insert = prepare(database, insertQuery(), insertNames)
    this.#update = prepare(database, updateQuery(), 'state, state_detail, is_live, revision, modified_at, key')
    this.#updateSpec = prepare(database, updateSpecQuery(), 'namespace, name, version, labels, key')
    const jobs = query.selectFrom('jobs')
    this.#handle = prepare(database, jobs.select(['key', 'version', 'revision']).where('id', '=', value('id')), 'id')
    this.#byId = prepareExact(database, fullQuery().where('id', '=', value('id')), 'id')
    this.#byKey = prepareExact(database, fullQuery().where('key', '=', value('key')), 'key')
    const ids = jobs.select('id').orderBy('id').limit(value('limit'))
    this.#byPrefix = prepare(
      database,
      ids.where('id', '>=', value('from')).where('id', '<', value('to')),
      'from, to, limit',
    )
    const named = jobs.select(['id', 'created_at']).where('namespace', '=', value('namespace'))
    this.#byName = prepareExact(
      database,
      named.where('name', '=', value('name')).orderBy('created_at', 'desc').limit(sql.lit(1)),
      'namespace, name',
    )
    this.#unnamed = prepareExact(
      database,
      named.where('id', '=', value('id')).where('name', 'is', null),
      'namespace, id',
    )
    const byAge = jobs.select(['id', 'state']).orderBy('created_at').orderBy('id')
    this.#live = prepare(database, byAge.where('is_live', '=', sql.lit(1)), '')
    this.#ended = prepare(database, byAge.where('is_live', '=', sql.lit(0)), '')
    this.#lastKey = prepare(
      database,
      jobs.select((row) => row.fn.max('key').as('key')),
      '',
    )
  }

  insert(key: number, job: Job): void {
    const { ID, Namespace, Version, Revision, CreateTime, ModifyTime } = job
    const [state, detail, isLive] = stateColumns(job.State)
    const labels = labelsText(job)
    const name = ownName(job)
    this.#insert.run(key, ID, Namespace, name, state, detail, isLive, Version, Revision, CreateTime, ModifyTime, labels)
  }

  update(key: number, job: Job): void {
    const [state, detail, isLive] = stateColumns(job.State)
    this.#update.run(state, detail, isLive, job.Revision, job.ModifyTime, key)
  }

  /** A new version has come. */
  updateSpec(key: number, job: Job): void {
    this.#updateSpec.run(job.Namespace, ownName(job), job.Version, labelsText(job), key)
  }

  handle(id: JobId): JobHandle | undefined {
    return this.#handle.get(id)
  }

  get(id: JobId): Job | undefined {
    const row = this.#byId.get(id)
    return row && jobOf(row)
  }

  byKey(key: number | bigint): Job | undefined {
    const row = this.#byKey.get(key)
    return row && jobOf(row)
  }

  idsByPrefix(prefix: string, limit: number): JobId[] {
    return this.#byPrefix.all(prefix, `${prefix}\u{10ffff}`, limit).map((row) => row.id as JobId)
  }

  /** The newest of that name; a job without a name of its own is called by its id. */
  idByName(name: string, namespace: string): JobId | undefined {
    const named = this.#byName.get(namespace, name)
    const unnamed = this.#unnamed.get(namespace, name)
    const isUnnamedNewer = unnamed && (!named || unnamed.created_at > named.created_at)
    return (isUnnamedNewer ? unnamed : named)?.id as JobId | undefined
  }

  idsInStates(states: readonly JobStateName[]): JobId[] {
    const wanted = new Set(states.map((state) => jobStateNames.indexOf(state)))
    const rows: { id: string; state: number }[] = []
    if (states.some((state) => !isTerminalJob(state))) rows.push(...this.#live.all())
    if (states.some(isTerminalJob)) rows.push(...this.#ended.all())
    return rows.filter((row) => wanted.has(row.state)).map((row) => row.id as JobId)
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }
}

const insertNames =
  'key, id, namespace, name, state, state_detail, is_live, version, revision, created_at, modified_at, labels'

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
    revision: value('revision'),
    created_at: value('created_at'),
    modified_at: value('modified_at'),
    labels: value('labels'),
  })

const updateQuery = () =>
  query
    .updateTable('jobs')
    .set({
      state: value('state'),
      state_detail: value('state_detail'),
      is_live: value('is_live'),
      revision: value('revision'),
      modified_at: value('modified_at'),
    })
    .where('key', '=', value('key'))

const updateSpecQuery = () =>
  query
    .updateTable('jobs')
    .set({ namespace: value('namespace'), name: value('name'), version: value('version'), labels: value('labels') })
    .where('key', '=', value('key'))

type FullRow = {
  id: string
  state: bigint
  state_detail: string | null
  version: bigint
  revision: bigint
  created_at: bigint
  modified_at: bigint
  version_time: bigint
  spec: string
}

const fullQuery = () =>
  query
    .selectFrom('jobs')
    .innerJoin('versions', (join) =>
      join.onRef('versions.job_key', '=', 'jobs.key').onRef('versions.version', '=', 'jobs.version'),
    )
    .select(['id', 'state', 'state_detail', 'jobs.version', 'revision', 'jobs.created_at', 'modified_at'])
    .select(['versions.created_at as version_time', 'spec'])

const jobOf = (row: FullRow): Job => ({
  ...parseStored<JobSpec>(row.spec),
  ID: row.id as JobId,
  State: stateOf(Number(row.state), row.state_detail),
  Version: Number(row.version),
  Revision: Number(row.revision),
  CreateTime: row.created_at,
  ModifyTime: row.modified_at,
  VersionTime: row.version_time,
})

function stateColumns({ StateType, ...detail }: JobState): [state: number, detail: string | null, isLive: number] {
  const text = detail.Message === undefined && detail.Details === undefined ? null : storedJson(detail)
  return [jobStateNames.indexOf(StateType), text, isTerminalJob(StateType) ? 0 : 1]
}

const stateOf = (state: number, detail: string | null): JobState => ({
  StateType: jobStateNames[state] ?? 'Undefined',
  ...(detail === null ? undefined : parseStored<Omit<JobState, 'StateType'>>(detail)),
})

const ownName = (job: Job): string | null => (job.Name === job.ID ? null : job.Name)

function labelsText(job: Job): string | null {
  for (const _ in job.Labels) return JSON.stringify(job.Labels)
  return null
}
