import type { ExecutionId, JobId, NodeId } from './ids.ts'
import type { FailureClass } from './job.ts'
import type { JobStateName } from './job-state.ts'

/** What leaves nodes out of a job's placement: the first rule that each of them fails. */
export type Exclusion = {
  /** `labels`, `engine`, `room` …; the same rule may leave nodes out for several reasons. */
  Rule: string
  Reason: string
  /** What would let these nodes in. */
  Cure: string
  Count: number
  /** The first of them, in order. */
  NodeIDs: NodeId[]
}

/** What the next look at a job would do. Nothing of it is stored. */
export type Forecast = {
  /** One line: where it goes, or the first cause why not. */
  Summary: string
  /** Compute nodes that are known. */
  Nodes: number
  /** What would be started. */
  Placements: { NodeID: NodeId; Executions: number }[]
  /** Most nodes first. */
  Exclusions: Exclusion[]
  /** Nodes that could take it and come last, because that many other jobs have failed there of late. */
  Avoided?: { NodeID: NodeId; Failures: number }[]
}

/** What submitting a job would do. */
export type JobPlan = Forecast & {
  /** `none`: it is what is stored. */
  Action: 'create' | 'update' | 'none'
  /** Of the job that exists; empty for a new one. */
  JobID: string
  /** The version it would be. */
  Version: number
  /** Lines of YAML: `-` is stored, `+` would be. */
  Diff: string
}

/** An attempt that ended without success, and what is done about it. */
export type FailedAttempt = {
  ExecutionID: ExecutionId
  NodeID: NodeId
  Partition: number
  Attempt: number
  FailureClass: FailureClass | ''
  Reason: string
  Next: string
  /** Unix ns of the next attempt; 0 = there is none, or at once. */
  NextTime: bigint
}

/** Why a job is where it is, and what happens next. */
export type JobReasons = Forecast & {
  JobID: JobId
  Version: number
  State: JobStateName
  /** What its state says. */
  Message: string
  /** The last attempt of each partition (or node) that has failed; the first hundred. */
  Attempts: FailedAttempt[]
  Next: string
  /** Unix ns when it is looked at again, whatever happens until then; 0 = not by time. */
  NextTime: bigint
}
