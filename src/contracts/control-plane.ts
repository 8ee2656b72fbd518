import type { ChunkList } from '#models/chunk-list.ts'
import type { Execution } from '#models/execution.ts'
import type { JobPlan, JobReasons } from '#models/forecast.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import type { HistoryAudience, JobHistory } from '#models/job-history.ts'
import type { NodeState, OwnNode } from '#models/node.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { LogChunk, LogQuery } from './log-reader.ts'
import type { JobCursor, JobFilter, JobOrder, Page } from './store.ts'

/** A specification as the API received and normalised it; `ID` only where the caller may name it (service, daemon). */
export type Submission = {
  spec: JobSpec
  id?: string
  /** Take it even when nothing changed. */
  isForced: boolean
  /** Same name in the namespace: a new version of that job, or an independent one (decided by the caller's generation). */
  naming: 'versioned' | 'independent'
  /** Warnings so far; the answer adds its own. */
  warnings: readonly string[]
  idempotency?: { token: string; bodyHash: string }
  /** Set when the caller was authenticated. */
  clientId?: string
  /** What the caller says of itself, for Meta. */
  callerMeta?: Readonly<Record<string, string>>
}
export type Submitted = { JobID: JobId; EvaluationID: string; Warnings: string[] }

/** A job that runs again, as this version. */
export type Rerun = { JobID: JobId; JobVersion: number; EvaluationID: string }

/** Where an execution has published its result. */
export type JobResult = { executionId: ExecutionId; result: SpecConfig }

/** A result that its node keeps, read through the orchestrator. */
export type KeptResult = {
  sizeBytes: number
  /** Changes when the result does. */
  tag: string
  /** Its bytes from an offset on; asks the node for more only when it is asked. Throws a Fault when the node goes away. */
  from(offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Tells the reader of an output what is no output: which one it is, that the node is away, and when it is back. One sentence. */
export type TellReader = (sentence: string) => void

/** `executionId`: full, or as much of its beginning as no other of the job has. */
export type LogChoice = { executionId?: string; version?: number; isFollowing: boolean }

/** The use cases on jobs. Every method answers after the commit it speaks of is durable. Errors are Faults. */
export interface JobsApi {
  submit(submission: Submission): Promise<Submitted>
  /** Begins to take a file or folder for the jobs of a namespace, or goes on: which of its chunks are still to come. */
  beginUpload(namespace: string, chunks: ChunkList): Promise<{ id: string; missing: string[] }>
  /** Takes a chunk of it; resolves when that is on disk. NotFound, BadRequest when it is another one, StorageFull. */
  takeChunk(
    namespace: string,
    id: string,
    digest: string,
    bytes: AsyncIterable<Uint8Array>,
    offset?: number,
  ): Promise<void>
  /** What a submission would change of the job of its name, as text; '' = nothing. NotFound when there is none. */
  diff(submission: Submission): Promise<string>
  /** What submitting would do, without doing it. Refuses what `submit` refuses, but for a change of nothing. */
  plan(submission: Submission): Promise<JobPlan>
  /** Why a job waits, failed or goes on, and what happens next. */
  why(id: JobId): Promise<JobReasons>
  /** Runs a version again as a new one; 0 = the present one. Conflict while the job waits to begin. */
  rerun(id: JobId, version: number, reason: string): Promise<Rerun>
  /** Component JobStore: NotFound, MultipleFound. Full id, unique prefix, then exact name in the namespace ('' = default). */
  resolve(idOrName: string, namespace?: string): Promise<JobId>
  /** `version` 0 = the present one. */
  get(id: JobId, version?: number): Promise<Job>
  versions(id: JobId): Promise<Job[]>
  list(filter: JobFilter, order: JobOrder, isReversed: boolean, limit: number, after?: JobCursor): Promise<Page<Job>>
  /** `''` when it was stopped already. */
  stop(id: JobId, reason: string): Promise<{ EvaluationID: string }>
  executions(id: JobId, version?: number): Promise<Execution[]>
  /** Lines for one audience, in order, after `afterSeq`. */
  history(id: JobId, audience: HistoryAudience, afterSeq: number, limit: number): Promise<Page<JobHistory>>
  /** Published results of completed executions of a batch or ops job. */
  results(id: JobId): Promise<JobResult[]>
  /** What one execution published and its node keeps. NotFound; ServiceUnavailable while the node is away. */
  keptResult(id: JobId, executionId: ExecutionId): Promise<KeptResult>
  /** Resolves with the job once its Revision is above `index`, or when `timeoutMs` is over or the signal aborted. Never polls. */
  wait(id: JobId, index: number, timeoutMs: number, signal: AbortSignal): Promise<Job>
  /**
   * Whose output is read: the given execution, else the newest that was not discarded, else the newest of all, of
   * `version` or of any. With `isFollowing` waits for one to exist; undefined when the signal was aborted meanwhile.
   */
  logged(id: JobId, choice: LogChoice, signal: AbortSignal, tell?: TellReader): Promise<Execution | undefined>
  /**
   * Waits until an execution has ended and, if it failed, for the one that takes its place; undefined when it did not
   * fail, when none can come any more, and when the signal was aborted meanwhile.
   */
  successor(id: JobId, executionId: ExecutionId, signal: AbortSignal): Promise<Execution | undefined>
  /**
   * Output of one execution. With `isFollowing` it ends when the execution has ended and all was read. Throws a Fault
   * ServiceUnavailable when the node that keeps it stays out of reach.
   */
  logs(id: JobId, query: LogQuery, signal: AbortSignal, tell?: TellReader): AsyncIterable<LogChunk>
}

export interface NodesApi {
  list(): Promise<NodeState[]>
  /** Prefix lookup; an exact id wins. Component NodesManager: NotFound, MultipleFound. */
  get(idPrefix: string): Promise<NodeState>
  /** Faults of code Conflict carry the texts clients know (`node already approved` …). */
  approve(id: NodeId, message: string): Promise<void>
  reject(id: NodeId, message: string): Promise<void>
  remove(id: NodeId, message: string): Promise<void>
  /** It gets nothing new; what it has goes on. */
  cordon(id: NodeId, message: string): Promise<void>
  /** It gets work again. */
  uncordon(id: NodeId, message: string): Promise<void>
  /**
   * It gets nothing new, and batch, service and daemon work leaves it; what is left after so many seconds is stopped,
   * 0 = nothing is. Answers when that has begun.
   */
  drain(id: NodeId, message: string, deadlineSeconds?: number): Promise<void>
}

/** What the contacted node says of itself, whatever its roles. */
export interface AgentApi {
  self(): Promise<OwnNode>
  /** Named components with anything to look at. */
  debug(): Promise<Record<string, unknown>>
  /** Merged settings with secrets masked, as an object by section. */
  config(): Record<string, unknown>
}

/** What a role offers to the HTTP server; a missing role answers 404 on its routes. */
export type ControlPlane = {
  agent: AgentApi
  jobs?: JobsApi
  nodes?: NodesApi
}
