import type { ComputeStateName, DesiredStateName } from './execution-state.ts'
import type { ExecutionId, JobId, NodeId } from './ids.ts'
import type { FailureClass } from './job.ts'
import type { Resources } from './resources.ts'
import type { SpecConfig } from './spec-config.ts'

/** What a program left behind: the first 2,048 bytes of each stream (cut at a character) and its exit code. */
export type RunCommandResult = {
  Stdout: string
  StdoutTruncated: boolean
  /** Lower case on the wire, in all versions. */
  stderr: string
  StderrTruncated: boolean
  ExitCode: number
  /** Not empty = the execution failed. */
  ErrorMsg: string
}

/** Bytes of each stream that RunCommandResult keeps. */
export const runOutputLimitBytes = 2048

type DesiredState = { StateType: DesiredStateName; Message?: string }
type ComputeState = { StateType: ComputeStateName; Message?: string; Details?: Record<string, string> }

/** One start (or intended start) of one partition of one version of a job on one node. Times are Unix nanoseconds. */
export type Execution = {
  ID: ExecutionId
  Namespace: string
  /** The evaluation that created it. */
  EvalID: string
  Name: string
  NodeID: NodeId
  JobID: JobId
  JobVersion: number
  AllocatedResources: { Tasks: Record<string, Resources> }
  DesiredState: DesiredState
  ComputeState: ComputeState
  PublishedResult: SpecConfig | null
  RunOutput: RunCommandResult | null
  PreviousExecution: string
  NextExecution: string
  FollowupEvalID: string
  /** 0 … Count−1. */
  PartitionIndex: number
  Revision: number
  CreateTime: bigint
  ModifyTime: bigint
  /** Ours: number of this start within its partition, from 1. */
  Attempt: number
  /** Ours: fencing number, rising per partition; results of a lower one are refused. */
  Epoch: number
  /** Ours: why it failed; empty while it has not. */
  FailureClass: FailureClass | ''
  /** Ours: when the node reported Running, 0 before. The execution timeout counts from here (W26). */
  StartTime: bigint
  /** Ours: what the name of its program stood for (the digest of an image), fixed by the first of its job's version that found it. */
  Content?: string
  /** Ours: what an earlier attempt has published with the orchestrator when its publisher failed. This one publishes that, and runs nothing. */
  KeptResult?: SpecConfig
}

/** Whether its program has begun, as far as its node told: one that failed before that has exit code -1. */
export const hasBegun = ({ StartTime, ComputeState, FailureClass, RunOutput }: Execution): boolean => {
  const isFailure = ComputeState.StateType === 'Failed' && FailureClass !== 'lost'
  return StartTime > 0n && !(isFailure && RunOutput?.ExitCode === -1)
}

/** What the orchestrator has promised to this execution's node. */
export const allocatedOf = (execution: Execution): Resources | undefined =>
  Object.values(execution.AllocatedResources.Tasks)[0]
