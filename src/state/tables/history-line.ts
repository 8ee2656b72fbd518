import { type ComputeStateName, computeStateNames } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { HistoryAudience, JobHistory, NewHistory } from '#models/job-history.ts'
import { type JobStateName, jobStateNames } from '#models/job-state.ts'

/** The execution a line speaks of, as it is stored. */
type LineExecution = { key: number; nodeId: NodeId }
export type Line = { line: NewHistory; execution: LineExecution | undefined }

/** As the database gives it, or JSON. */
type Whole = number | bigint

/** What is stored of a line, in this order; numbers where the noun has words. */
export type LineCells = [
  isExecutionLevel: Whole,
  version: Whole,
  executionKey: Whole | null,
  /** null = the execution's. */
  nodeId: string | null,
  revision: Whole,
  /** Place in `audiences`. */
  audience: Whole,
  jobBefore: Whole | null,
  jobAfter: Whole | null,
  executionBefore: Whole | null,
  executionAfter: Whole | null,
  time: bigint,
  comment: string | null,
  topic: string,
  message: string,
  /** null = same as `time`. */
  eventTime: bigint | null,
  /** JSON. */
  details: string | null,
]
const timeAt = 10
const commentAt = 11
const messageAt = 13
const eventTimeAt = 14

const audiences: readonly HistoryAudience[] = ['all', 'before-1.5', 'since-1.5']

export const cellsOf = ({ line, execution }: Line): LineCells => {
  const { Event, JobState, ExecutionState, Time } = line
  return [
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
  ]
}

/** Lines that follow another in its row, as JSON. Times are text, and null where they are the first one's; a comment that is the message is 0. */
export const moreText = (lines: readonly Line[], firstTime: bigint): string =>
  JSON.stringify(
    lines.map((line) => {
      const cells: unknown[] = cellsOf(line)
      cells[timeAt] = line.line.Time === firstTime ? null : String(line.line.Time)
      if (cells[eventTimeAt] !== null) cells[eventTimeAt] = String(cells[eventTimeAt])
      if (cells[commentAt] === cells[messageAt]) cells[commentAt] = 0
      return cells
    }),
  )

export const moreOf = (text: string | null, firstTime: bigint): LineCells[] => {
  const lines: unknown[][] = text === null ? [] : JSON.parse(text)
  for (const cells of lines) {
    cells[timeAt] = cells[timeAt] === null ? firstTime : BigInt(cells[timeAt] as string)
    if (cells[eventTimeAt] !== null) cells[eventTimeAt] = BigInt(cells[eventTimeAt] as string)
    if (cells[commentAt] === 0) cells[commentAt] = cells[messageAt]
  }
  return lines as LineCells[]
}

type Named = { id: ExecutionId; nodeId: NodeId }

/** `execution` finds one by its key. */
export const historyOf = (
  jobId: JobId,
  seq: number,
  cells: LineCells,
  execution: (key: number) => Named | undefined,
): JobHistory => {
  const [isExecutionLevel, version, key, nodeId, revision, audience, ...states] = cells
  const [jobBefore, jobAfter, executionBefore, executionAfter, time, comment, topic, message, eventTime, details] =
    states
  const of = key === null ? undefined : execution(Number(key))
  const line: JobHistory = {
    SeqNum: seq,
    Type: isExecutionLevel ? 'ExecutionLevel' : 'JobLevel',
    JobID: jobId,
    JobVersion: Number(version),
    NewRevision: Number(revision),
    Event: { Message: message, Topic: topic, Timestamp: eventTime ?? time },
    Time: time,
    Audience: audiences[Number(audience)] ?? 'all',
  }
  const node = nodeId ?? of?.nodeId
  if (of) line.ExecutionID = of.id
  if (node) line.NodeID = node as NodeId
  if (comment !== null) line.Comment = comment
  if (details !== null) line.Event.Details = JSON.parse(details)
  if (jobBefore !== null) line.JobState = { Previous: jobState(jobBefore), New: jobState(jobAfter) }
  if (executionBefore !== null)
    line.ExecutionState = { Previous: executionState(executionBefore), New: executionState(executionAfter) }
  return line
}

const jobState = (place: Whole | null): JobStateName => jobStateNames[Number(place)] ?? 'Undefined'
const executionState = (place: Whole | null): ComputeStateName => computeStateNames[Number(place)] ?? 'Undefined'
