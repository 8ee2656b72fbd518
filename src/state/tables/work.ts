import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { WorkRow, WorkState, WorkUpdate } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { Origin } from '#models/messages/messages.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import type { JobReferences, StoredJob } from './job-references.ts'
import { passesBeforeWritten } from './passes.ts'
import { type ShortExecution, shortExecution, wholeExecution } from './short-execution.ts'
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
  version_key: number | null
}

/** Their places are stored: append only. */
const workStates: readonly WorkState[] = ['New', 'Queued', 'Running', 'Offered', 'Stopping']

type StoredOrder = { execution: ShortExecution; job: JobHead | Job; origin?: Origin }
export type WorkHandle = { key: number; state: WorkState }
type HeldWork = WorkHandle & { versionKey: number | null; isStored: boolean }
/** A row that is written when the tables are, as it is then. */
type FreshWork = { row: WorkRow; stored: StoredJob; passes: number }

export class WorkTable {
  readonly #references: JobReferences
  readonly #put: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #handles: SqlStatement<Pick<WorkTableRow, 'key' | 'execution_id' | 'state' | 'version_key'>>
  readonly #byKey: SqlStatement<FullRow>
  /** The table is as short as the node's present work, so its keys and states are kept: one tree is written, not three. */
  #live: Map<ExecutionId, HeldWork> | undefined
  readonly #fresh = new Map<ExecutionId, FreshWork>()

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
    this.#remove = prepare(database, query.deleteFrom('work').where('key', '=', value('key')), 'key')
    const rows = query.selectFrom('work')
    this.#handles = prepare(database, rows.select(['key', 'execution_id', 'state', 'version_key']).orderBy('key'), '')
    this.#byKey = prepareExact(database, rows.selectAll().where('key', '=', value('key')), 'key')
  }

  /** The same execution again replaces its row and keeps its place in the order of arrival. */
  put(key: number, row: WorkRow): void {
    const stored = this.#references.shorten(row.order.job)
    const { versionKey } = stored
    const isStored = this.#handlesById().get(row.executionId)?.isStored ?? false
    this.#handlesById().set(row.executionId, { key, state: row.state, versionKey, isStored })
    this.#fresh.set(row.executionId, { row, stored, passes: 0 })
  }

  update(key: number, { executionId, state, need, startTime }: WorkUpdate): void {
    const held = this.#handlesById().get(executionId)
    assert(held, `work ${executionId} is stored`)
    this.#handlesById().set(executionId, { ...held, state })
    const fresh = this.#fresh.get(executionId)
    if (!fresh) this.#update.run(workStates.indexOf(state), startTime ?? null, need ? JSON.stringify(need) : null, key)
    else fresh.row = { ...fresh.row, state, need: need ?? fresh.row.need, startTime: startTime ?? fresh.row.startTime }
  }

  remove(id: ExecutionId): void {
    const held = this.#handlesById().get(id)
    if (!held) return
    if (held.isStored) this.#remove.run(held.key)
    this.#handlesById().delete(id)
    this.#fresh.delete(id)
  }

  /** When the tables are written; `isAll`: to disk. */
  write(isAll: boolean): void {
    for (const [id, fresh] of this.#fresh) {
      if (!isAll && fresh.passes++ < passesBeforeWritten) continue
      this.#fresh.delete(id)
      const { row, stored } = fresh
      const held = this.#handlesById().get(id)
      assert(held, `work ${id} is held`)
      const { execution, origin } = row.order
      const order = exactJson({ execution: shortExecution(execution), job: stored.job, ...(origin ? { origin } : {}) })
      const state = workStates.indexOf(row.state)
      this.#put.run(held.key, id, state, row.startTime, JSON.stringify(row.need), order, stored.versionKey)
      held.isStored = true
    }
  }

  handle(id: ExecutionId): WorkHandle | undefined {
    return this.#handlesById().get(id)
  }

  get(id: ExecutionId): WorkRow | undefined {
    const handle = this.handle(id)
    return handle && this.#read(id, handle)
  }

  inStates(states: readonly WorkState[]): WorkRow[] {
    const found = [...this.#handlesById()].filter(([, handle]) => states.includes(handle.state))
    const rows = found.sort(([, a], [, b]) => a.key - b.key).map(([id, handle]) => this.#read(id, handle))
    return rows.filter((row) => row !== undefined)
  }

  /** Keys of the versions that orders refer to. */
  versionKeys(): Set<number | null> {
    return new Set(Array.from(this.#handlesById().values(), ({ versionKey }) => versionKey))
  }

  lastKey(): number {
    let last = 0
    for (const { key } of this.#handlesById().values()) last = Math.max(last, key)
    return last
  }

  /** After a rollback. */
  forget(): void {
    this.#live = undefined
    this.#fresh.clear()
  }

  #handlesById(): Map<ExecutionId, HeldWork> {
    this.#live ??= new Map(
      this.#handles
        .all()
        .map((row) => [
          row.execution_id as ExecutionId,
          { key: row.key, state: stateOf(row.state), versionKey: row.version_key, isStored: true },
        ]),
    )
    return this.#live
  }

  /** What is not written yet is read from memory: a read that wrote could fail in the midst of other changes. */
  #read(id: ExecutionId, { key }: WorkHandle): WorkRow | undefined {
    const fresh = this.#fresh.get(id)
    if (fresh) return fresh.row
    const row = this.#byKey.get(key)
    return row && this.#workOf(row)
  }

  #job(stored: JobHead | Job, versionKey: number | null): Job {
    const job = this.#references.restore(stored, versionKey)
    assert(job, `the specification of ${stored.ID}, which is referred to, is stored`)
    return job
  }

  #workOf(row: FullRow): WorkRow {
    const { execution, job, origin } = parseExact<StoredOrder>(row.work_order)
    const versionKey = row.version_key === null ? null : Number(row.version_key)
    return {
      executionId: row.execution_id as ExecutionId,
      state: stateOf(Number(row.state)),
      order: {
        execution: wholeExecution(execution),
        job: this.#job(job, versionKey),
        ...(origin ? { origin } : {}),
      },
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
  version_key: bigint | null
}

const putNames = 'key, execution_id, state, started_at, need, work_order, version_key'

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
      version_key: value('version_key'),
    })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        state: (row) => row.ref('excluded.state'),
        started_at: (row) => row.ref('excluded.started_at'),
        need: (row) => row.ref('excluded.need'),
        work_order: (row) => row.ref('excluded.work_order'),
        version_key: (row) => row.ref('excluded.version_key'),
      }),
    )

const stateOf = (place: number): WorkState => workStates[place] ?? 'New'
