import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { assert } from '#lib/assert.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import { type HeldExecution, HeldExecutions } from './held-executions.ts'
import type { IdIndex } from './id-index.ts'
import { type ShortExecution, shortExecution, wholeExecution } from './short-execution.ts'

export type ExecutionRow = {
  key: number
  id: string
  job_key: number
  version: number
  node_id: string
  is_live: number
  revision: number
  created_at: bigint
  modified_at: bigint
  /** The rest as JSON, without what is empty. */
  body: string
}

/** What a change needs to know of an execution before it touches it. */
export type ExecutionHandle = { key: number; revision: number; nodeId: NodeId; isLive: boolean }

/** They are written when the tables are: once for several changes. */
export class ExecutionsTable {
  readonly #ids: IdIndex
  readonly #held = new HeldExecutions()
  readonly #insert: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #move: SqlStatement<unknown>
  readonly #handle: SqlStatement<Pick<ExecutionRow, 'revision' | 'node_id' | 'is_live'>>
  readonly #byKey: SqlStatement<FullRow>
  readonly #ofJob: SqlStatement<FullRow>
  readonly #ofVersion: SqlStatement<FullRow>
  readonly #live: SqlStatement<FullRow>
  readonly #liveOfNode: SqlStatement<FullRow>
  readonly #idsOfJob: SqlStatement<Pick<ExecutionRow, 'key' | 'id' | 'is_live'>>
  readonly #removeOfJob: SqlStatement<unknown>
  readonly #lastKey: SqlStatement<{ key: number | null }>
  readonly #lastJobKey: SqlStatement<{ key: number | null }>
  /** No job with a higher key has a row here; undefined until it is read. */
  #lastJob: number | undefined

  constructor(database: SqlDatabase, ids: IdIndex) {
    this.#ids = ids
    const insertNames = 'key, id, job_key, version, node_id, is_live, revision, created_at, modified_at, body'
    this.#insert = prepare(database, insertQuery(), insertNames)
    const update = query.updateTable('executions').where('key', '=', value('key'))
    this.#update = prepare(database, update.set(changing()), 'revision, modified_at, body, key')
    const moved = { ...changing(), is_live: value('is_live') }
    this.#move = prepare(database, update.set(moved), 'revision, modified_at, body, is_live, key')
    const executions = query.selectFrom('executions')
    const byKey = executions.where('key', '=', value('key'))
    this.#handle = prepare(database, byKey.select(['revision', 'node_id', 'is_live']), 'key')
    const full = fullQuery()
    this.#byKey = prepareExact(database, full.where('executions.key', '=', value('key')), 'key')
    const inOrder = full.orderBy('executions.key')
    const ofJob = inOrder.where('job_key', '=', value('job_key'))
    this.#ofJob = prepareExact(database, ofJob, 'job_key')
    const ofVersion = ofJob.where('executions.version', '=', value('version'))
    this.#ofVersion = prepareExact(database, ofVersion, 'job_key, version')
    const idsOfJob = executions.select(['key', 'id', 'is_live']).where('job_key', '=', value('job_key')).orderBy('key')
    this.#idsOfJob = prepare(database, idsOfJob, 'job_key')
    const removal = query.deleteFrom('executions').where('job_key', '=', value('job_key'))
    this.#removeOfJob = prepare(database, removal, 'job_key')
    const isLive = sql<boolean>`executions.is_live = 1`
    // Asked for in order, the database would rather walk all executions than sort the live ones.
    this.#live = prepareExact(database, full.where(isLive), '')
    this.#liveOfNode = prepareExact(database, inOrder.where(isLive).where('node_id', '=', value('node_id')), 'node_id')
    const lastKey = executions.select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, lastKey, '')
    const lastJobKey = executions.select((row) => row.fn.max('job_key').as('key'))
    this.#lastJobKey = prepare(database, lastJobKey, '')
  }

  insert(key: number, jobKey: number, execution: Execution): void {
    this.#ids.add(execution.ID, key)
    this.#held.add(key, jobKey, execution)
  }

  update({ key, nodeId, isLive }: ExecutionHandle, execution: Execution): void {
    assert(execution.NodeID === nodeId, `${execution.ID} stays on its node`)
    this.#held.change(key, execution, isLive)
  }

  /** When the tables are written; `isAll`: to disk. */
  write(isAll: boolean): void {
    for (const { key, execution, newOf, isRowLive } of this.#held.takeUnwritten(isAll)) {
      const { ID, JobVersion, NodeID, Revision, CreateTime, ModifyTime } = execution
      const isLive = isTerminal(execution) ? 0 : 1
      const body = bodyText(execution)
      if (newOf !== undefined) {
        this.#insert.run(key, ID, newOf, JobVersion, NodeID, isLive, Revision, CreateTime, ModifyTime, body)
        this.#lastJob = Math.max(this.#lastStoredJob(), newOf)
      } else if (isRowLive !== isTerminal(execution)) {
        // Naming an indexed column writes its index, also when the value stays.
        this.#update.run(Revision, ModifyTime, body, key)
      } else this.#move.run(Revision, ModifyTime, body, isLive, key)
    }
  }

  handle(id: ExecutionId): ExecutionHandle | undefined {
    const held = this.#held.get(id)
    if (held) return executionHandle(held.key, held.execution)
    const key = this.#ids.key(id)
    const row = key === undefined ? undefined : this.#handle.get(key)
    if (key === undefined || !row) return undefined
    return { key, revision: row.revision, nodeId: row.node_id as NodeId, isLive: row.is_live === 1 }
  }

  get(id: ExecutionId): Execution | undefined {
    const held = this.#held.get(id)
    if (held) return held.execution
    const key = this.#ids.key(id)
    const row = key === undefined ? undefined : this.#byKey.get(key)
    return row && this.#executionOf(row)
  }

  ofJob(jobKey: number, version?: number): Execution[] {
    const unwritten = this.#held.newOfJob(jobKey)
    const stored = this.#storedOfJob(jobKey, version)
    const all = [...stored, ...unwritten].sort((a, b) => a.key - b.key).map(({ execution }) => execution)
    return version === undefined ? all : all.filter((execution) => execution.JobVersion === version)
  }

  /** Those that have no row yet. */
  newOfJob(jobKey: number): HeldExecution[] {
    return this.#held.newOfJob(jobKey)
  }

  idsOfJob(jobKey: number): { id: ExecutionId; isLive: boolean }[] {
    const stored = this.#idsOfJob.all(jobKey).map((row) => {
      const id = row.id as ExecutionId
      const held = this.#held.get(id)
      return { id, isLive: held ? !isTerminal(held.execution) : row.is_live === 1 }
    })
    const unwritten = this.#held.newOfJob(jobKey)
    return [...stored, ...unwritten.map(({ execution }) => ({ id: execution.ID, isLive: !isTerminal(execution) }))]
  }

  removeOfJob(jobKey: number): void {
    for (const { id } of this.idsOfJob(jobKey)) {
      this.#ids.remove(id)
      this.#held.remove(id)
    }
    this.#removeOfJob.run(jobKey)
  }

  live(nodeId?: NodeId): Execution[] {
    const rows = nodeId === undefined ? this.#live.all() : this.#liveOfNode.all(nodeId)
    const byKey = new Map(rows.map((row) => [Number(row.key), this.#executionOf(row)]))
    for (const { key, execution } of this.#held.unwritten()) byKey.set(key, execution)
    const inOrder = [...byKey].sort(([a], [b]) => a - b).map(([, execution]) => execution)
    return inOrder.filter((each) => !isTerminal(each) && (nodeId === undefined || each.NodeID === nodeId))
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }

  /** After a rollback. */
  forget(): void {
    this.#held.forget()
    this.#lastJob = undefined
  }

  #storedOfJob(jobKey: number, version?: number): HeldExecution[] {
    if (jobKey > this.#lastStoredJob()) return []
    const held = this.#idsOfJob.all(jobKey).map(({ id }) => this.#held.get(id as ExecutionId))
    if (held.every((each) => each !== undefined)) return held
    const rows = version === undefined ? this.#ofJob.all(jobKey) : this.#ofVersion.all(jobKey, version)
    return rows.map((row) => ({ key: Number(row.key), execution: this.#executionOf(row) }))
  }

  #lastStoredJob(): number {
    this.#lastJob ??= this.#lastJobKey.get()?.key ?? 0
    return this.#lastJob
  }

  /** What is live is read again soon. */
  #executionOf(row: FullRow): Execution {
    const held = this.#held.get(row.id as ExecutionId)
    if (held) return held.execution
    const execution = executionOf(row)
    if (!isTerminal(execution)) this.#held.hold(Number(row.key), execution)
    return execution
  }
}

export const executionHandle = (key: number, execution: Execution): ExecutionHandle => ({
  key,
  revision: execution.Revision,
  nodeId: execution.NodeID,
  isLive: !isTerminal(execution),
})

const insertQuery = () =>
  query.insertInto('executions').values({
    key: value('key'),
    id: value('id'),
    job_key: value('job_key'),
    version: value('version'),
    node_id: value('node_id'),
    is_live: value('is_live'),
    revision: value('revision'),
    created_at: value('created_at'),
    modified_at: value('modified_at'),
    body: value('body'),
  })

const changing = () => ({ revision: value('revision'), modified_at: value('modified_at'), body: value('body') })

type FullRow = {
  key: bigint
  id: string
  job_id: string
  version: bigint
  node_id: string
  revision: bigint
  created_at: bigint
  modified_at: bigint
  body: string
}

const fullQuery = () =>
  query
    .selectFrom('executions')
    .innerJoin('jobs', 'jobs.key', 'executions.job_key')
    .select([
      'executions.key',
      'executions.id',
      'jobs.id as job_id',
      'executions.version',
      'node_id',
      'executions.revision',
      'executions.created_at',
      'executions.modified_at',
      'body',
    ])

const isTerminal = (execution: Execution): boolean => isTerminalExecution(execution.ComputeState.StateType)

/** What has no column of its own. */
const bodyText = (execution: Execution): string => exactJson({ ...shortExecution(execution), ...inColumns })

const inColumns = {
  ID: undefined,
  JobID: undefined,
  JobVersion: undefined,
  NodeID: undefined,
  Revision: undefined,
  CreateTime: undefined,
  ModifyTime: undefined,
}

const executionOf = (row: FullRow): Execution =>
  wholeExecution({
    ID: row.id as ExecutionId,
    JobID: row.job_id as JobId,
    JobVersion: Number(row.version),
    NodeID: row.node_id as NodeId,
    Revision: Number(row.revision),
    CreateTime: row.created_at,
    ModifyTime: row.modified_at,
    ...parseExact<ShortExecution>(row.body),
  })
