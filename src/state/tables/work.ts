import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { WorkRow, WorkState, WorkUpdate } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import { parseStored, storedJson } from '../stored-json.ts'
import type { JobReferences } from './job-references.ts'
import type { JobHead } from './versions.ts'

/** What a compute node holds and has not ended. */
export type WorkTableRow = {
  /** Order of arrival. */
  key: number
  execution_id: string
  /** Place in `workStates`. */
  state: number
  started_at: bigint
  /** JSON of what it takes. */
  need: string
  /** JSON of the order as it came; the specification of its job is referred to when this store has it anyway. */
  work_order: string
  job_key: number | null
  version: number | null
}

/** Their places are stored: append only. */
const workStates: readonly WorkState[] = ['New', 'Queued', 'Running']

export type WorkHandle = { key: number; state: WorkState }

export class WorkTable {
  readonly #references: JobReferences
  readonly #put: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #handle: SqlStatement<{ key: number; state: number }>
  readonly #byExecution: SqlStatement<FullRow>
  readonly #inState: SqlStatement<FullRow>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase, references: JobReferences) {
    this.#references = references
    this.#put = prepare(database, putQuery(), putNames)
    const moved = {
      state: value('state'),
      started_at: sql<bigint>`coalesce(${value('started_at')}, started_at)`,
      need: sql<string>`coalesce(${value('need')}, need)`,
    }
    const update = query.updateTable('work').set(moved).where('key', '=', value('key'))
    this.#update = prepare(database, update, 'state, started_at, need, key')
    const ofExecution = query.selectFrom('work').where('execution_id', '=', value('execution_id'))
    this.#remove = prepare(
      database,
      query.deleteFrom('work').where('execution_id', '=', value('execution_id')),
      'execution_id',
    )
    this.#handle = prepare(database, ofExecution.select(['key', 'state']), 'execution_id')
    this.#byExecution = prepareExact(database, ofExecution.selectAll(), 'execution_id')
    this.#inState = prepareExact(
      database,
      query.selectFrom('work').selectAll().where('state', '=', value('state')).orderBy('key'),
      'state',
    )
    const last = query.selectFrom('work').select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, last, '')
  }

  put(key: number, row: WorkRow): void {
    const { job, jobKey, version } = this.#references.shorten(row.order.job)
    const order = storedJson({ execution: row.order.execution, job })
    const state = workStates.indexOf(row.state)
    this.#put.run(key, row.executionId, state, row.startTime, JSON.stringify(row.need), order, jobKey, version)
  }

  update(key: number, { state, need, startTime }: Pick<WorkUpdate, 'state' | 'need' | 'startTime'>): void {
    this.#update.run(workStates.indexOf(state), startTime ?? null, need ? JSON.stringify(need) : null, key)
  }

  remove(id: ExecutionId): void {
    this.#remove.run(id)
  }

  handle(id: ExecutionId): WorkHandle | undefined {
    const row = this.#handle.get(id)
    return row && { key: row.key, state: stateOf(row.state) }
  }

  get(id: ExecutionId): WorkRow | undefined {
    const row = this.#byExecution.get(id)
    return row && this.#workOf(row)
  }

  inStates(states: readonly WorkState[]): WorkRow[] {
    const rows = [...new Set(states)].flatMap((state) => this.#inState.all(workStates.indexOf(state)))
    return rows.sort((a, b) => Number(a.key - b.key)).map((row) => this.#workOf(row))
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }

  #workOf(row: FullRow): WorkRow {
    const order = parseStored<{ execution: Execution; job: JobHead | Job }>(row.work_order)
    const jobKey = row.job_key === null ? null : Number(row.job_key)
    const version = row.version === null ? null : Number(row.version)
    return {
      executionId: row.execution_id as ExecutionId,
      state: stateOf(Number(row.state)),
      order: { execution: order.execution, job: this.#references.restore(order.job, jobKey, version) },
      need: JSON.parse(row.need),
      startTime: row.started_at,
    }
  }
}

type FullRow = {
  key: bigint
  execution_id: string
  state: bigint
  started_at: bigint
  need: string
  work_order: string
  job_key: bigint | null
  version: bigint | null
}

const putNames = 'key, execution_id, state, started_at, need, work_order, job_key, version'

/** The same id again replaces the row and keeps its place in the order of arrival. */
const putQuery = () =>
  query
    .insertInto('work')
    .values({
      key: value('key'),
      execution_id: value('execution_id'),
      state: value('state'),
      started_at: value('started_at'),
      need: value('need'),
      work_order: value('work_order'),
      job_key: value('job_key'),
      version: value('version'),
    })
    .onConflict((conflict) =>
      conflict.column('execution_id').doUpdateSet({
        state: (row) => row.ref('excluded.state'),
        started_at: (row) => row.ref('excluded.started_at'),
        need: (row) => row.ref('excluded.need'),
        work_order: (row) => row.ref('excluded.work_order'),
        job_key: (row) => row.ref('excluded.job_key'),
        version: (row) => row.ref('excluded.version'),
      }),
    )

const stateOf = (place: number): WorkState => workStates[place] ?? 'New'
