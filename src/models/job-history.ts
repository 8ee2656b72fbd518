import type { Event } from './event.ts'
import type { ComputeStateName } from './execution-state.ts'
import type { ExecutionId, JobId, NodeId } from './ids.ts'
import type { JobStateName } from './job-state.ts'

/** Which client generations see a line: the two versions of the reference write different ones for the same life. */
export type HistoryAudience = 'all' | 'before-1.5' | 'since-1.5'

/** One line of a job's history. `SeqNum` is set by the store: 1, 2, 3 … per job without gaps. */
export type JobHistory = {
  SeqNum: number
  Type: 'JobLevel' | 'ExecutionLevel'
  JobID: JobId
  JobVersion: number
  ExecutionID?: ExecutionId
  NodeID?: NodeId
  /** Of the job or the execution after the change. */
  NewRevision: number
  Comment?: string
  JobState?: { Previous: JobStateName; New: JobStateName }
  ExecutionState?: { Previous: ComputeStateName; New: ComputeStateName }
  Event: Event
  /** Unix nanoseconds. */
  Time: bigint
  Audience: HistoryAudience
}

export type NewHistory = Omit<JobHistory, 'SeqNum'>
