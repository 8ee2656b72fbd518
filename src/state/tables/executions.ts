import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { assert } from '#lib/assert.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import { HeldExecutions } from './held-executions.ts'
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

/** What changes without an end is written when the tables are; the last of several changes stands for all. */
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
  readonly #idsOfJob: SqlStatement<Pick<ExecutionRow, 'id' | 'is_live'>>
  readonly #removeOfJob: SqlStatement<unknown>
  readonly #lastKey: SqlStatement<{ key: number | null }>

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
    const idsOfJob = executions.select(['id', 'is_live']).where('job_key', '=', value('job_key')).orderBy('key')
    this.#idsOfJob = prepare(database, idsOfJob, 'job_key')
    const removal = query.deleteFrom('executions').where('job_key', '=', value('job_key'))
    this.#removeOfJob = prepare(database, removal, 'job_key')
    const isLive = sql<boolean>`executions.is_live = 1`
    // Asked for in order, the database would rather walk all executions than sort the live ones.
    this.#live = prepareExact(database, full.where(isLive), '')
    this.#liveOfNode = prepareExact(database, inOrder.where(isLive).where('node_id', '=', value('node_id')), 'node_id')
    const lastKey = executions.select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, lastKey, '')
  }

  insert(key: number, jobKey: number, execution: Execution): void {
    const { ID, JobVersion, NodeID, Revision, CreateTime, ModifyTime } = execution
    const isLive = isTerminal(execution) ? 0 : 1
    const body = bodyText(execution)
    this.#insert.run(key, ID, jobKey, JobVersion, NodeID, isLive, Revision, CreateTime, ModifyTime, body)
    this.#ids.add(ID, key)
    this.#held.hold(key, execution)
  }

  update({ key, nodeId, isLive }: ExecutionHandle, execution: Execution): void {
    assert(execution.NodeID === nodeId, `${execution.ID} stays on its node`)
    if (isLive !== isTerminal(execution)) return this.#held.change(key, execution)
    const { Revision, ModifyTime } = execution
    this.#move.run(Revision, ModifyTime, bodyText(execution), isTerminal(execution) ? 0 : 1, key)
    this.#held.hold(key, execution)
  }

  /** When the tables are written to disk. */
  write(): void {
    for (const { key, execution } of this.#held.takeChanged()) {
      const { Revision, ModifyTime } = execution
      // Naming an indexed column writes its index, also when the value stays.
      this.#update.run(Revision, ModifyTime, bodyText(execution), key)
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
    const held = this.#idsOfJob.all(jobKey).map(({ id }) => this.#held.get(id as ExecutionId)?.execution)
    if (held.every((execution) => execution !== undefined))
      return version === undefined ? held : held.filter((execution) => execution.JobVersion === version)
    const rows = version === undefined ? this.#ofJob.all(jobKey) : this.#ofVersion.all(jobKey, version)
    return rows.map((row) => this.#executionOf(row))
  }

  idsOfJob(jobKey: number): { id: ExecutionId; isLive: boolean }[] {
    return this.#idsOfJob.all(jobKey).map((row) => ({ id: row.id as ExecutionId, isLive: row.is_live === 1 }))
  }

  removeOfJob(jobKey: number): void {
    for (const { id } of this.idsOfJob(jobKey)) {
      this.#ids.remove(id)
      this.#held.remove(id)
    }
    this.#removeOfJob.run(jobKey)
  }

  live(nodeId?: NodeId): Execution[] {
    if (nodeId !== undefined) return this.#liveOfNode.all(nodeId).map((row) => this.#executionOf(row))
    const rows = this.#live.all()
    return rows.sort((a, b) => Number(a.key - b.key)).map((row) => this.#executionOf(row))
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }

  /** After a rollback. */
  forget(): void {
    this.#held.forget()
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
