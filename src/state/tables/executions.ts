import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'
import { parseStored, storedJson, withoutEmpty } from '../stored-json.ts'

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
export type ExecutionHandle = { key: number; revision: number; nodeId: NodeId }

export class ExecutionsTable {
  readonly #insert: SqlStatement<unknown>
  readonly #update: SqlStatement<unknown>
  readonly #handle: SqlStatement<{ key: number; revision: number; node_id: string }>
  readonly #byId: SqlStatement<FullRow>
  readonly #ofJob: SqlStatement<FullRow>
  readonly #ofVersion: SqlStatement<FullRow>
  readonly #live: SqlStatement<FullRow>
  readonly #liveOfNode: SqlStatement<FullRow>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase) {
    this.#insert = prepare(
      database,
      insertQuery(),
      'key, id, job_key, version, node_id, is_live, revision, created_at, modified_at, body',
    )
    this.#update = prepare(database, updateQuery(), 'node_id, is_live, revision, modified_at, body, key')
    const executions = query.selectFrom('executions')
    this.#handle = prepare(
      database,
      executions.select(['key', 'revision', 'node_id']).where('id', '=', value('id')),
      'id',
    )
    const full = fullQuery()
    this.#byId = prepareExact(database, full.where('executions.id', '=', value('id')), 'id')
    const inOrder = full.orderBy('executions.key')
    const ofJob = inOrder.where('jobs.id', '=', value('job_id'))
    this.#ofJob = prepareExact(database, ofJob, 'job_id')
    this.#ofVersion = prepareExact(
      database,
      ofJob.where('executions.version', '=', value('version')),
      'job_id, version',
    )
    const live = inOrder.where('executions.is_live', '=', sql.lit(1))
    this.#live = prepareExact(database, live, '')
    this.#liveOfNode = prepareExact(database, live.where('node_id', '=', value('node_id')), 'node_id')
    this.#lastKey = prepare(
      database,
      executions.select((row) => row.fn.max('key').as('key')),
      '',
    )
  }

  insert(key: number, jobKey: number, execution: Execution): void {
    const { ID, JobVersion, NodeID, Revision, CreateTime, ModifyTime } = execution
    const body = bodyText(execution)
    this.#insert.run(key, ID, jobKey, JobVersion, NodeID, isLive(execution), Revision, CreateTime, ModifyTime, body)
  }

  update(key: number, execution: Execution): void {
    const { NodeID, Revision, ModifyTime } = execution
    this.#update.run(NodeID, isLive(execution), Revision, ModifyTime, bodyText(execution), key)
  }

  handle(id: ExecutionId): ExecutionHandle | undefined {
    const row = this.#handle.get(id)
    return row && { key: row.key, revision: row.revision, nodeId: row.node_id as NodeId }
  }

  get(id: ExecutionId): Execution | undefined {
    const row = this.#byId.get(id)
    return row && executionOf(row)
  }

  ofJob(jobId: JobId, version?: number): Execution[] {
    const rows = version === undefined ? this.#ofJob.all(jobId) : this.#ofVersion.all(jobId, version)
    return rows.map(executionOf)
  }

  live(nodeId?: NodeId): Execution[] {
    const rows = nodeId === undefined ? this.#live.all() : this.#liveOfNode.all(nodeId)
    return rows.map(executionOf)
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }
}

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

const updateQuery = () =>
  query
    .updateTable('executions')
    .set({
      node_id: value('node_id'),
      is_live: value('is_live'),
      revision: value('revision'),
      modified_at: value('modified_at'),
      body: value('body'),
    })
    .where('key', '=', value('key'))

type FullRow = {
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
      'executions.id',
      'jobs.id as job_id',
      'executions.version',
      'node_id',
      'executions.revision',
      'executions.created_at',
      'executions.modified_at',
      'body',
    ])

const isLive = (execution: Execution): number => (isTerminalExecution(execution.ComputeState.StateType) ? 0 : 1)

type Column = 'ID' | 'JobID' | 'JobVersion' | 'NodeID' | 'Revision' | 'CreateTime' | 'ModifyTime'

function bodyText(execution: Execution): string {
  const { ID, Name, JobID, JobVersion, NodeID, Revision, CreateTime, ModifyTime, ...rest } = execution
  const body = withoutEmpty(rest)
  if (Name !== ID) body.Name = Name
  return storedJson(body)
}

const executionOf = (row: FullRow): Execution => {
  return {
    ...emptyBody(),
    Name: row.id,
    ...parseStored<Partial<Omit<Execution, Column>>>(row.body),
    ID: row.id as ExecutionId,
    JobID: row.job_id as JobId,
    JobVersion: Number(row.version),
    NodeID: row.node_id as NodeId,
    Revision: Number(row.revision),
    CreateTime: row.created_at,
    ModifyTime: row.modified_at,
  }
}

const emptyBody = (): Omit<Execution, Column | 'Name'> => ({
  Namespace: '',
  EvalID: '',
  AllocatedResources: { Tasks: {} },
  DesiredState: { StateType: 'Pending' },
  ComputeState: { StateType: 'Undefined' },
  PublishedResult: null,
  RunOutput: null,
  PreviousExecution: '',
  NextExecution: '',
  FollowupEvalID: '',
  PartitionIndex: 0,
  Attempt: 0,
  Epoch: 0,
  FailureClass: '',
  StartTime: 0n,
})
