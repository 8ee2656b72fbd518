import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { type ComputeStateName, computeStateNames } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { HistoryAudience, JobHistory, NewHistory } from '#models/job-history.ts'
import { type JobStateName, jobStateNames } from '#models/job-state.ts'
import { type Exact, prepare, prepareExact, query, value } from '../queries.ts'

/** One line of a job's life; the table that grows most, so it keeps numbers where the noun has words. */
export type HistoryRow = {
  job_key: number
  seq: number
  is_execution_level: number
  version: number
  execution_key: number | null
  /** null = the execution's. */
  node_id: string | null
  revision: number
  /** Place in `audiences`. */
  audience: number
  job_before: number | null
  job_after: number | null
  execution_before: number | null
  execution_after: number | null
  time: bigint
  comment: string | null
  topic: string
  message: string
  /** null = same as `time`. */
  event_time: bigint | null
  /** JSON. */
  details: string | null
}

const audiences: readonly HistoryAudience[] = ['all', 'before-1.5', 'since-1.5']

/** The execution a line speaks of, as it is stored. */
export type LineExecution = { key: number; nodeId: NodeId }

export class HistoryTable {
  readonly #insert: SqlStatement<unknown>
  readonly #page: SqlStatement<Exact<PageRow>>
  readonly #lastSeq: SqlStatement<{ seq: number | null }>
  readonly #removeOfJob: SqlStatement<unknown>

  constructor(database: SqlDatabase) {
    this.#insert = prepare(database, insertQuery(), columns.join(', '))
    this.#page = prepareExact(database, pageQuery(), 'job_key, after, limit')
    const last = query.selectFrom('history').select((row) => row.fn.max('seq').as('seq'))
    this.#lastSeq = prepare(database, last.where('job_key', '=', value('job_key')), 'job_key')
    const removal = query.deleteFrom('history').where('job_key', '=', value('job_key'))
    this.#removeOfJob = prepare(database, removal, 'job_key')
  }

  insert(jobKey: number, seq: number, line: NewHistory, execution: LineExecution | undefined): void {
    const { Event, JobState, ExecutionState, Time } = line
    this.#insert.run(
      jobKey,
      seq,
      line.Type === 'ExecutionLevel' ? 1 : 0,
      line.JobVersion,
      execution?.key ?? null,
      line.NodeID === execution?.nodeId ? null : (line.NodeID ?? ''),
      line.NewRevision,
      audiences.indexOf(line.Audience),
      JobState ? jobStateNames.indexOf(JobState.Previous) : null,
      JobState ? jobStateNames.indexOf(JobState.New) : null,
      ExecutionState ? computeStateNames.indexOf(ExecutionState.Previous) : null,
      ExecutionState ? computeStateNames.indexOf(ExecutionState.New) : null,
      Time,
      line.Comment ?? null,
      Event.Topic,
      Event.Message,
      Event.Timestamp === Time ? null : Event.Timestamp,
      Event.Details ? JSON.stringify(Event.Details) : null,
    )
  }

  page(jobId: JobId, jobKey: number, afterSeq: number, limit: number): JobHistory[] {
    return this.#page.all(jobKey, afterSeq, limit).map((row) => historyOf(jobId, row))
  }

  removeOfJob(jobKey: number): void {
    this.#removeOfJob.run(jobKey)
  }

  lastSeq(jobKey: number): number {
    return this.#lastSeq.get(jobKey)?.seq ?? 0
  }
}

const columns = [
  'job_key',
  'seq',
  'is_execution_level',
  'version',
  'execution_key',
  'node_id',
  'revision',
  'audience',
  'job_before',
  'job_after',
  'execution_before',
  'execution_after',
  'time',
  'comment',
  'topic',
  'message',
  'event_time',
  'details',
] as const

const insertQuery = () =>
  query
    .insertInto('history')
    .columns([...columns])
    .values(Object.fromEntries(columns.map((column) => [column, value(column)])) as never)

const pageQuery = () =>
  query
    .selectFrom('history')
    .leftJoin('executions', 'executions.key', 'history.execution_key')
    .selectAll('history')
    .select(['executions.id as execution_id', 'executions.node_id as execution_node_id'])
    .where('history.job_key', '=', value('job_key'))
    .where('seq', '>', value('after'))
    .orderBy('seq')
    .limit(value('limit'))

type PageRow = HistoryRow & { execution_id: string | null; execution_node_id: string | null }

function historyOf(jobId: JobId, row: Exact<PageRow>): JobHistory {
  const nodeId = row.node_id ?? row.execution_node_id
  const line: JobHistory = {
    SeqNum: Number(row.seq),
    Type: row.is_execution_level ? 'ExecutionLevel' : 'JobLevel',
    JobID: jobId,
    JobVersion: Number(row.version),
    NewRevision: Number(row.revision),
    Event: { Message: row.message, Topic: row.topic, Timestamp: row.event_time ?? row.time },
    Time: row.time,
    Audience: audiences[Number(row.audience)] ?? 'all',
  }
  if (row.execution_id !== null) line.ExecutionID = row.execution_id as ExecutionId
  if (nodeId) line.NodeID = nodeId as NodeId
  if (row.comment !== null) line.Comment = row.comment
  if (row.details !== null) line.Event.Details = JSON.parse(row.details)
  if (row.job_before !== null) line.JobState = { Previous: jobState(row.job_before), New: jobState(row.job_after) }
  if (row.execution_before !== null)
    line.ExecutionState = { Previous: executionState(row.execution_before), New: executionState(row.execution_after) }
  return line
}

const jobState = (place: bigint | null): JobStateName => jobStateNames[Number(place)] ?? 'Undefined'
const executionState = (place: bigint | null): ComputeStateName => computeStateNames[Number(place)] ?? 'Undefined'
