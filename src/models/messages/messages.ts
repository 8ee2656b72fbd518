import type { Event } from '../event.ts'
import type { Execution, RunCommandResult } from '../execution.ts'
import type { ExecutionId, NodeId } from '../ids.ts'
import type { FailureClass, Job } from '../job.ts'
import type { NodeInfo } from '../node.ts'
import type { Resources } from '../resources.ts'
import type { SpecConfig } from '../spec-config.ts'

/**
 * Orchestrator → node: run this. A refusal is always answered by BidResult; an acceptance only for counted jobs
 * (batch, service). Placement is decided already, so the node starts without a further word.
 */
type AskForBid = { Execution: Execution; Job: Job }
/** Orchestrator → node: stop it. Idempotent; also for queued and downloading work. */
type CancelExecution = { ExecutionID: ExecutionId; Reason: string }

/**
 * Reports name the epoch they speak of. Without one (a Go node knows none) it is that of the execution: its id stands for
 * one start only.
 */

/** Node → orchestrator: will run it, or why not. */
type BidResult = { ExecutionID: ExecutionId; Epoch?: number; IsAccepted: boolean; Event: Event }
/** Node → orchestrator: the program starts now. Sent durably before the start, so the count of starts is never too low (I4). */
type RunStarted = { ExecutionID: ExecutionId; Epoch?: number; StartTime: bigint }
/** Node → orchestrator: ended well; what it printed and where its result is. */
type RunResult = {
  ExecutionID: ExecutionId
  Epoch?: number
  PublishedResult: SpecConfig
  RunOutput: RunCommandResult
}
/** Node → orchestrator: failed, with the reason. Output is kept when there was any (X1). */
type ComputeError = {
  ExecutionID: ExecutionId
  Epoch?: number
  FailureClass: FailureClass
  Event: Event
  RunOutput: RunCommandResult | null
}
/** Node → orchestrator: stopped on request; output is kept when there was any. */
type CancelResult = { ExecutionID: ExecutionId; Epoch?: number; RunOutput: RunCommandResult | null }

type OrchestratorMessages = {
  AskForBid: AskForBid
  CancelExecution: CancelExecution
}
type ComputeMessages = {
  BidResult: BidResult
  RunStarted: RunStarted
  RunResult: RunResult
  ComputeError: ComputeError
  CancelResult: CancelResult
}

type Tagged<Map> = { [Kind in keyof Map & string]: { Kind: Kind; Body: Map[Kind] } }[keyof Map & string]
/** What travels in order and is applied once, by direction. */
export type OrchestratorMessage = Tagged<OrchestratorMessages>
export type ComputeMessage = Tagged<ComputeMessages>

/** One message of a peer's outbox. Numbers count from 1 without gaps within the sender's store. */
export type Frame<Message> = { Seq: number; Message: Message }

/** What the receiver has applied so far of the sender's messages; the sender goes on after it. */
export type FramesAck = { LastSeq: number }

/** Node → orchestrator at each connection: who I am and what I remember. */
export type Handshake = {
  NodeInfo: NodeInfo
  /** Identity of the node's store; a new one means that it lost everything it knew. Absent (Go nodes): as it was. */
  StoreID?: string
  /** The link it last agreed on, '' = none. Absent (Go nodes): what the orchestrator remembers stands for both. */
  LinkID?: string
  /** What the node holds that has not ended, so that the orchestrator can take back what it no longer wants. */
  LiveExecutions: ExecutionId[]
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
}
/** `IsKnown` false: shake hands again. */
export type HeartbeatReply = { IsKnown: boolean }
