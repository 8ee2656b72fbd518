import type { Event } from '../event.ts'
import type { Execution, RunCommandResult } from '../execution.ts'
import type { ExecutionId, JobId, NodeId } from '../ids.ts'
import type { FailureClass, Job, JobType } from '../job.ts'
import type { NodeInfo } from '../node.ts'
import type { Resources } from '../resources.ts'
import type { SpecConfig } from '../spec-config.ts'

/** Of an order of a Go orchestrator: what it wants to be told with each report, and whether it decides after the bid. */
export type Origin = {
  JobID: JobId
  JobType: JobType
  /** Where its reports go. */
  RequesterID: string
  /** The node bids, and starts when it is told BidAccepted. */
  WaitsForApproval: boolean
}
/**
 * Orchestrator → node: run this. A refusal is always answered by BidResult; an acceptance only for counted jobs
 * (batch, service). Placement is decided already, so the node starts without a further word, unless `Origin` says otherwise.
 */
type AskForBid = { Execution: Execution; Job: Job; Origin?: Origin }
/** Go orchestrator → node: its bid is taken, it may start. What is bid for in vain is cancelled. */
type BidAccepted = { ExecutionID: ExecutionId }
/** Orchestrator → node: stop it. Idempotent; also for queued and downloading work. */
type CancelExecution = { ExecutionID: ExecutionId; Reason: string }

/**
 * Reports name the epoch they speak of. Without one (a Go node knows none) it is that of the execution: its id stands for
 * one start only. `Origin` is that of the order.
 */
type OfExecution = { ExecutionID: ExecutionId; Epoch?: number; Origin?: Origin }

/** Node → orchestrator: will run it, or why not. */
type BidResult = OfExecution & { IsAccepted: boolean; Event: Event }
/** Node → orchestrator: the program starts now. Sent durably before the start, so the count of starts is never too low (I4). */
type RunStarted = OfExecution & {
  StartTime: bigint
  /** What the name of its program stands for here. */
  Content?: string
  /** It starts when it is told what counts. */
  WaitsForContent?: boolean
}
/** Facts of an execution that has ended, for its users. */
type Ended = OfExecution & { Details?: Record<string, string> }
/** Node → orchestrator: what keeps the program from running yet, for the history. */
type Progress = OfExecution & { Event: Event }
/** Node → orchestrator: ended well; what it printed and where its result is. */
type RunResult = Ended & { PublishedResult: SpecConfig; RunOutput: RunCommandResult }
/** Node → orchestrator: failed, with the reason. Output is kept when there was any (X1). */
type ComputeError = Ended & {
  FailureClass: FailureClass
  Event: Event
  RunOutput: RunCommandResult | null
  /** Where what it has left is; absent = nowhere. */
  PublishedResult?: SpecConfig
}
/** Node → orchestrator: stopped on request; output is kept when there was any. */
type CancelResult = Ended & { RunOutput: RunCommandResult | null }

/** Orchestrator → node: what the name of its program stands for; others of the job may have found something else. */
type UseContent = { ExecutionID: ExecutionId; Content: string }

type OrchestratorMessages = {
  AskForBid: AskForBid
  BidAccepted: BidAccepted
  CancelExecution: CancelExecution
  UseContent: UseContent
}
type ComputeMessages = {
  BidResult: BidResult
  RunStarted: RunStarted
  Progress: Progress
  RunResult: RunResult
  ComputeError: ComputeError
  CancelResult: CancelResult
}

type Tagged<Map> = { [Kind in keyof Map & string]: { Kind: Kind; Body: Map[Kind] } }[keyof Map & string]
/** What travels in order and is applied once, by direction. */
export type OrchestratorMessage = Tagged<OrchestratorMessages>
export type ComputeMessage = Tagged<ComputeMessages>

/**
 * One message of a peer's outbox. Numbers count from 1 without gaps within the sender's store; those of a Go orchestrator
 * only rise (`HasGaps`).
 */
export type Frame<Message> = { Seq: number; Message: Message; HasGaps?: true }

/** What the receiver has applied so far of the sender's messages; the sender goes on after it. */
export type FramesAck = { LastSeq: number }

/** Node → orchestrator at each connection: who I am and what I remember. */
export type Handshake = {
  NodeInfo: NodeInfo
  /** Identity of the node's store; a new one means that it lost everything it knew. Absent (Go nodes): as it was. */
  StoreID?: string
  /** The link it last agreed on, '' = none. Absent (Go nodes): what the orchestrator remembers stands for both. */
  LinkID?: string
  /** NATS key of the node: a broker of the orchestrator's own lets nobody else come under its name. Absent: none. */
  PublicKey?: string
  /** What the node holds that has not ended, so that the orchestrator can take back what it no longer wants. */
  LiveExecutions: ExecutionId[]
  /** Which of the node's processes speaks (Go nodes; ours tell what they hold). */
  ProcessID?: string
}
export type HandshakeReply = {
  IsAccepted: boolean
  Reason: string
  /** Under it both sides number their frames. A new one tells the node to forget what it owes and owns. */
  LinkID: string
  HeartbeatIntervalMs: number
}
export type Heartbeat = {
  NodeID: NodeId
  LinkID: string
  AvailableCapacity: Resources
  QueueUsedCapacity: Resources
  /** Absent (Go nodes tell them with their information only): as they were. */
  RunningExecutions?: number
  EnqueuedExecutions?: number
  /** The first one of another process of the node (Go nodes only: what ours kept it tells itself). */
  IsNewProcess?: boolean
}
/** A result that a node keeps for the orchestrator to take, and the digest of the list of its chunks. */
export type ResultOffer = { ExecutionID: ExecutionId; SizeBytes: number; ChunkListID: string }
/** `IsTaken`: all of it is kept by the orchestrator, on its disk. */
export type ResultOfferReply = { IsTaken: boolean }
/** Of an execution whose result goes to the store that the orchestrator's operator keeps for all nodes. */
export type UploadRequest = { JobID: JobId; ExecutionID: ExecutionId }
/** `IsKnown` false: shake hands again. */
export type HeartbeatReply = { IsKnown: boolean }
