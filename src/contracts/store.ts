import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory, NewHistory } from '#models/job-history.ts'
import type { JobStateName } from '#models/job-state.ts'
import type { ComputeMessage, OrchestratorMessage, Origin } from '#models/messages/messages.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'

/**
 * One decision, as data: all of it is stored, or nothing. Rows are applied in the order of the fields below;
 * the first expectation that does not hold makes the whole change a conflict.
 */
export type Change = {
  /**
   * Applied once: refused as a duplicate when `seq` is not past what was applied from this sender, a conflict when it leaves
   * a gap, unless the sender's numbers have gaps. `first` = the first of several messages that are applied together.
   */
  inbox?: { peer: string; senderStoreId: string; first?: number; seq: number; hasGaps?: boolean }
  /**
   * Ended jobs with all that belongs to them; a conflict when something of one is still live or at work on this node.
   * Answered submissions stay remembered, so that a repeated one does not run again what is forgotten.
   */
  removeJobs?: readonly EndedJob[]
  /** Every history line of ended jobs; what follows is numbered from 1 again. */
  removeHistory?: readonly EndedJob[]
  /** New jobs with their first version; their ids must be new. */
  insertJobs?: readonly Job[]
  updateJobs?: readonly JobUpdate[]
  insertExecutions?: readonly Execution[]
  updateExecutions?: readonly ExecutionUpdate[]
  /** Compute side. */
  putWork?: readonly WorkRow[]
  updateWork?: readonly WorkUpdate[]
  removeWork?: readonly ExecutionId[]
  /** Appended; the store numbers them per job. */
  history?: readonly NewHistory[]
  putNodes?: readonly NodeState[]
  removeNodes?: readonly NodeId[]
  /** Appended to the peer's outbox; the store numbers them per peer without gaps. Peer = node id, or `orchestrator`. */
  outbox?: readonly { peer: string; message: OutboxMessage }[]
  /** Removes what the peer has applied, up to and including `seq`. */
  acked?: readonly { peer: string; seq: number }[]
  /** Forgets a peer's outbox and inbox: it lost its store. */
  resetPeers?: readonly string[]
  putTokens?: readonly IdempotencyToken[]
  putFacts?: Readonly<Record<string, string>>
  /** Nobody waits for it: within half a second it becomes durable together with what comes meanwhile, in the order of all changes. */
  canWait?: boolean
}

export type OutboxMessage = OrchestratorMessage | ComputeMessage
export type OutboxRow = { peer: string; seq: number; message: OutboxMessage }

/** A job of which nothing is live, as it was seen; a conflict when the stored revision differs. */
export type EndedJob = { id: JobId; expectedRevision: number }

type JobUpdate = {
  id: JobId
  /** Conflict when the stored one differs. */
  expectedRevision: number
  /** The whole job after the change. A higher Version stores the specification as a new version. */
  job: Job
}

type ExecutionUpdate = {
  id: ExecutionId
  expectedRevision: number
  /** The whole execution after the change. Its job, version, node and creation time stay: another one there is a bug. */
  execution: Execution
}

/** Offered: bid for, and the orchestrator has yet to take the bid (Go). Stopping: it runs, and is not to any more. */
export type WorkState = 'New' | 'Queued' | 'Running' | 'Offered' | 'Stopping'
/** What a compute node holds: only what has not ended; the end travels in the outbox. */
export type WorkRow = {
  executionId: ExecutionId
  state: WorkState
  /** The order as it came (execution and job version). Stored once. */
  order: { execution: Execution; job: Job; origin?: Origin }
  /** What it takes on this node, decided by the bid. */
  need: Resources
  /** Unix ns when the program was started; 0 = not yet. */
  startTime: bigint
}
/** Conflict when the stored state is not one of `expected`. */
export type WorkUpdate = {
  executionId: ExecutionId
  expected: readonly WorkState[]
  state: WorkState
  need?: Resources
  startTime?: bigint
}

/** Remembers an answered submission for 24 h. */
export type IdempotencyToken = {
  namespace: string
  token: string
  /** sha256 of the body. */
  bodyHash: string
  answer: string
  createTime: bigint
}

export type CommitOutcome =
  /** `durable` resolves when it is on disk, synced; rejects with a Fault when that failed, and then `onLost` was called too. */
  | { kind: 'applied'; durable: Promise<void>; outbox: readonly OutboxRow[] }
  /** Somebody else was faster: read again and decide again. Nothing was stored. */
  | { kind: 'conflict'; what: string }
  /** The inbox message was applied before. Nothing was stored; acknowledge it. */
  | { kind: 'duplicate' }

export type Page<Item> = { items: Item[]; hasMore: boolean }

export type JobFilter = {
  /** undefined = all. */
  namespace?: string
  /** Whether the caller may know of jobs there; applied after the index walk. */
  seesNamespace?: (namespace: string) => boolean
  /** Applied after the index walk; must be pure. */
  matchesLabels?: (labels: Readonly<Record<string, string>>) => boolean
  /** Labels that everything `matchesLabels` accepts has: rare ones are found by their index instead of a walk. */
  requiredLabels?: Readonly<Record<string, string>>
}
export type EndedJobs = 'all' | 'with history'
export type JobOrder = 'created_at' | 'modified_at' | 'id'
/** Keyset position: the sort value and id of the last item of the page before. */
export type JobCursor = { value: bigint | string; id: string }

/**
 * The state of a node: one writer, one file (or database) for all roles of a process.
 *
 * `commit` applies a change at once, visible to later reads of this process, and groups the changes of one turn of the
 * event loop into one synced transaction. What leaves the process (an answer, a message to another node, the start of
 * a program) waits for `durable`. Decisions inside the process need not.
 */
export interface Store {
  /** Identity of this store's data, made when it was created. */
  readonly storeId: string
  /** Resolves once applied. Rejects with a Fault (StorageFull, ServiceUnavailable) when the world fails; nothing is stored then. */
  commit(change: Change): Promise<CommitOutcome>
  /** Resolves when everything applied so far is durable, soon: reads that answer a client wait for it. */
  settled(): Promise<void>
  /** The last group could not be made durable and was rolled back: memory built on it must be rebuilt from rows. */
  onLost(listener: () => void): void

  job(id: JobId): Promise<Job | undefined>
  jobVersion(id: JobId, version: number): Promise<Job | undefined>
  /** All versions, oldest first. */
  jobVersions(id: JobId): Promise<Job[]>
  /** Ids that start with `prefix`, at most `limit`. */
  jobIdsByPrefix(prefix: string, limit: number): Promise<JobId[]>
  /** The newest job of that name. */
  jobIdByName(name: string, namespace: string): Promise<JobId | undefined>
  jobs(filter: JobFilter, order: JobOrder, isReversed: boolean, limit: number, after?: JobCursor): Promise<Page<Job>>
  /** Ids of jobs in these states, oldest first. */
  jobIdsInStates(states: readonly JobStateName[]): Promise<JobId[]>

  /**
   * Jobs that ended before this time (Unix ns) and of which nothing is live, at most `limit`.
   * `with history`: only those whose history has not been removed since they ended.
   */
  endedJobs(which: EndedJobs, before: bigint, limit: number): Promise<EndedJob[]>

  execution(id: ExecutionId): Promise<Execution | undefined>
  /** In order of creation. Without `version` all versions. */
  executionsOfJob(jobId: JobId, version?: number): Promise<Execution[]>
  /** Not terminal, of one node or of all nodes. */
  liveExecutions(nodeId?: NodeId): Promise<Execution[]>

  /** Ordered by SeqNum; `afterSeq` exclusive. */
  history(jobId: JobId, afterSeq: number, limit: number): Promise<JobHistory[]>

  nodes(): Promise<NodeState[]>

  work(id: ExecutionId): Promise<WorkRow | undefined>
  /** Rows in these states, in order of arrival. */
  workInStates(states: readonly WorkState[]): Promise<WorkRow[]>

  /** After `afterSeq`, in order. */
  outbox(peer: string, afterSeq: number, limit: number): Promise<OutboxRow[]>
  /** Highest number applied from this sender's store; 0 = none. */
  inboxSeq(peer: string, senderStoreId: string): Promise<number>

  token(namespace: string, token: string): Promise<IdempotencyToken | undefined>
  fact(name: string): Promise<string | undefined>
  close(): Promise<void>
}
