import { shortId } from '#lib/short-id.ts'
import { type Event, noEvent } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import type { HistoryAudience, NewHistory } from '#models/job-history.ts'
import type { JobStateName } from '#models/job-state.ts'
import { execRequested, execRunning, stateUpdate } from './events.ts'

/** A line about the job. Without an event only clients before 1.5 see it. */
export const jobLine = (
  job: Job,
  previous: JobStateName,
  event: Event | undefined,
  audience?: HistoryAudience,
): NewHistory => ({
  Type: 'JobLevel',
  JobID: job.ID,
  JobVersion: job.Version,
  NewRevision: job.Revision,
  ...(event ? { Comment: event.Message } : {}),
  JobState: { Previous: previous, New: job.State.StateType },
  Event: event ?? noEvent(),
  Time: job.ModifyTime,
  Audience: audience ?? (event ? 'all' : 'before-1.5'),
})

/** The lines of a change of the job's state. */
export const jobStateLines = (job: Job, previous: JobStateName, event: Event | undefined): NewHistory[] =>
  event
    ? [jobLine(job, previous, event)]
    : [
        jobLine(job, previous, undefined),
        jobLine(job, previous, stateUpdate(job.ModifyTime, job.State.StateType), 'since-1.5'),
      ]

type Step = {
  previous: ComputeStateName
  next: ComputeStateName
  revision: number
  event?: Event
  audience?: HistoryAudience
}

/** A line about an execution. Without an event only clients before 1.5 see it. */
export const executionLine = (execution: Execution, step: Step): NewHistory => ({
  Type: 'ExecutionLevel',
  JobID: execution.JobID,
  JobVersion: execution.JobVersion,
  ExecutionID: execution.ID,
  NodeID: execution.NodeID,
  NewRevision: step.revision,
  ...(step.event ? { Comment: step.event.Message } : {}),
  ExecutionState: { Previous: step.previous, New: step.next },
  Event: step.event ?? noEvent(),
  Time: execution.ModifyTime,
  Audience: step.audience ?? (step.event ? 'all' : 'before-1.5'),
})

/** A new execution, as newer clients are told of it. */
export const requestedLine = (execution: Execution): NewHistory =>
  executionLine(execution, {
    previous: 'New',
    next: 'New',
    revision: 1,
    event: execRequested(execution.ModifyTime, execution.NodeID, shortId(execution.NodeID)),
    audience: 'since-1.5',
  })

/** The same for older ones; when the node reports its bid, "asked" is a step of its own. */
export const startLines = (execution: Execution, isBidReported: boolean): NewHistory[] => [
  executionLine(execution, { previous: 'New', next: 'New', revision: 1 }),
  ...(isBidReported ? [executionLine(execution, { previous: 'New', next: 'AskForBid', revision: 2 })] : []),
]

/** Accepted by the node and approved in one step; clients know two. `execution` is the one after both. */
export const acceptedLines = (execution: Execution, event: Event): NewHistory[] => [
  executionLine(execution, {
    previous: 'AskForBid',
    next: 'AskForBidAccepted',
    revision: execution.Revision - 1,
    event,
    audience: 'before-1.5',
  }),
  executionLine(execution, { previous: 'AskForBidAccepted', next: 'AskForBidAccepted', revision: execution.Revision }),
]

/** The program starts. Clients before 1.5 know BidAccepted instead. */
export const runningLines = (before: Execution, after: Execution): NewHistory[] => {
  const isReported = before.ComputeState.StateType === 'BidAccepted'
  const line = executionLine(after, {
    previous: isReported ? 'AskForBidAccepted' : before.ComputeState.StateType,
    next: 'BidAccepted',
    revision: after.Revision,
  })
  const newer = executionLine(after, {
    previous: before.ComputeState.StateType,
    next: 'Running',
    revision: after.Revision,
    event: execRunning(after.ModifyTime),
    audience: 'since-1.5',
  })
  return isReported ? [line, newer] : [line]
}
