import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { JobHistory } from '#models/job-history.ts'
import { type Exact, prepare, prepareExact, query, value } from '../queries.ts'
import type { ExecutionsTable } from './executions.ts'
import { cellsOf, historyOf, type Line, type LineCells, moreOf, moreText } from './history-line.ts'
import { passesBeforeWritten } from './passes.ts'

/** A line of a job's life, and those that came with it; the table that grows most. Its columns are `LineCells`. */
export type HistoryRow = {
  job_key: number
  seq: number
  is_execution_level: number
  version: number
  execution_key: number | null
  node_id: string | null
  revision: number
  audience: number
  job_before: number | null
  job_after: number | null
  execution_before: number | null
  execution_after: number | null
  time: bigint
  comment: string | null
  topic: string
  message: string
  event_time: bigint | null
  details: string | null
  /** The lines with the next numbers: see `moreText`. */
  more: string | null
}

/** A job that begins on thousands of nodes has as many lines. */
const linesPerRow = 32

type Run = { seq: number; lines: Line[]; passes: number }

/** Lines are written when the tables are, so that those of one job share a row. */
export class HistoryTable {
  readonly #executions: ExecutionsTable
  readonly #insert: SqlStatement<unknown>
  readonly #rowOf: SqlStatement<{ seq: number | null }>
  readonly #page: SqlStatement<Exact<StoredLines>>
  readonly #last: SqlStatement<Exact<Pick<HistoryRow, 'seq' | 'time' | 'more'>>>
  readonly #execution: SqlStatement<{ id: string; node_id: string }>
  readonly #removeOfJob: SqlStatement<unknown>
  /** By key of the job. */
  readonly #fresh = new Map<number, Run>()

  constructor(database: SqlDatabase, executions: ExecutionsTable) {
    this.#executions = executions
    this.#insert = prepare(database, insertQuery(), columns.join(', '))
    const ofJob = query.selectFrom('history').where('job_key', '=', value('job_key'))
    const rowOf = ofJob.select((row) => row.fn.max('seq').as('seq')).where('seq', '<=', value('seq'))
    this.#rowOf = prepare(database, rowOf, 'job_key, seq')
    const page = ofJob.select(['seq', ...lineColumns, 'more']).where('seq', '>=', value('from'))
    this.#page = prepareExact(database, page.orderBy('seq').limit(value('limit')), 'job_key, from, limit')
    const last = ofJob.select(['seq', 'time', 'more']).orderBy('seq', 'desc').limit(value('limit'))
    this.#last = prepareExact(database, last, 'job_key, limit')
    const execution = query.selectFrom('executions').select(['id', 'node_id']).where('key', '=', value('key'))
    this.#execution = prepare(database, execution, 'key')
    const removal = query.deleteFrom('history').where('job_key', '=', value('job_key'))
    this.#removeOfJob = prepare(database, removal, 'job_key')
  }

  /** Lines of one job, numbered from `seq` on. */
  insert(jobKey: number, seq: number, lines: readonly Line[]): void {
    const run = this.#fresh.get(jobKey)
    if (run) for (const line of lines) run.lines.push(line)
    else this.#fresh.set(jobKey, { seq, lines: [...lines], passes: 0 })
  }

  /** When the tables are written; `isAll`: to disk. */
  write(isAll: boolean): void {
    for (const [jobKey, run] of this.#fresh) {
      if (!isAll && run.passes++ < passesBeforeWritten) continue
      this.#fresh.delete(jobKey)
      const { seq, lines } = run
      for (let at = 0; at < lines.length; at += linesPerRow) {
        const [first, ...more] = lines.slice(at, at + linesPerRow) as [Line, ...Line[]]
        this.#insert.run(jobKey, seq + at, ...cellsOf(first), more.length > 0 ? moreText(more, first.line.Time) : null)
      }
    }
  }

  /** After a rollback. */
  forget(): void {
    this.#fresh.clear()
  }

  page(jobId: JobId, jobKey: number, afterSeq: number, limit: number): JobHistory[] {
    const lines: JobHistory[] = []
    const execution = this.#executionsOf(jobKey)
    const firstRow = this.#rowOf.get(jobKey, afterSeq)?.seq ?? 0
    // The first row may end where the page begins.
    for (const row of this.#page.all(jobKey, firstRow, limit + 1)) {
      for (const [at, cells] of linesOf(row).entries()) {
        const seq = Number(row.seq) + at
        if (seq > afterSeq && lines.length < limit) lines.push(historyOf(jobId, seq, cells, execution))
      }
      if (lines.length === limit) return lines
    }
    const fresh = this.#fresh.get(jobKey)
    if (!fresh) return lines
    const from = Math.max(0, afterSeq + 1 - fresh.seq)
    for (const [at, line] of fresh.lines.slice(from, from + limit - lines.length).entries())
      lines.push(historyOf(jobId, fresh.seq + from + at, cellsOf(line), execution))
    return lines
  }

  removeOfJob(jobKey: number): void {
    this.#fresh.delete(jobKey)
    this.#removeOfJob.run(jobKey)
  }

  lastSeq(jobKey: number): number {
    const fresh = this.#fresh.get(jobKey)
    if (fresh) return fresh.seq + fresh.lines.length - 1
    const last = this.#last.get(jobKey, 1)
    return last ? Number(last.seq) + moreOf(last.more, last.time).length : 0
  }

  /** Finds executions by their keys, each once. */
  #executionsOf(jobKey: number): (key: number) => { id: ExecutionId; nodeId: NodeId } | undefined {
    const read = new Map<number, { id: ExecutionId; nodeId: NodeId } | undefined>()
    for (const { key, execution } of this.#executions.newOfJob(jobKey))
      read.set(key, { id: execution.ID, nodeId: execution.NodeID })
    return (key) => {
      if (!read.has(key)) {
        const row = this.#execution.get(key)
        read.set(key, row && { id: row.id as ExecutionId, nodeId: row.node_id as NodeId })
      }
      return read.get(key)
    }
  }
}

const lineColumns = [
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
const columns = ['job_key', 'seq', ...lineColumns, 'more'] as const

type StoredLines = Omit<HistoryRow, 'job_key'>

const linesOf = (row: Exact<StoredLines>): LineCells[] => [
  lineColumns.map((column) => row[column]) as unknown as LineCells,
  ...moreOf(row.more, row.time),
]

const insertQuery = () =>
  query
    .insertInto('history')
    .columns([...columns])
    .values(Object.fromEntries(columns.map((column) => [column, value(column)])) as never)
