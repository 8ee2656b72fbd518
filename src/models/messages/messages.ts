import type { Event } from '../event.ts'
import type { Execution, RunCommandResult } from '../execution.ts'
import type { ExecutionId } from '../ids.ts'
import type { FailureClass, Job } from '../job.ts'
import type { NodeInfo } from '../node.ts'
import type { Resources } from '../resources.ts'
import type { SpecConfig } from '../spec-config.ts'

/** Orchestrator → node: run this. The node answers BidResult; when it bids it starts without a further word unless `IsApprovalNeeded`. */
export type AskForBid = { Execution: Execution; Job: Job; IsApprovalNeeded: boolean }
/** Orchestrator → node: the bid is accepted, start. */
export type BidAccepted = { ExecutionID: ExecutionId }
/** Orchestrator → node: the bid is not needed any more. */
export type BidRejected = { ExecutionID: ExecutionId; Reason: string }
/** Orchestrator → node: stop it. Idempotent; also for queued and downloading work. */
export type CancelExecution = { ExecutionID: ExecutionId; Reason: string }

/** Node → orchestrator: will run it, or why not. */
export type BidResult = { ExecutionID: ExecutionId; Epoch: number; IsAccepted: boolean; Event: Event }
/** Node → orchestrator: the program starts now. Sent durably before the start, so the count of starts is never too low (I4). */
export type RunStarted = { ExecutionID: ExecutionId; Epoch: number; StartTime: bigint }
/** Node → orchestrator: ended well; what it printed and where its result is. */
export type RunResult = {
  ExecutionID: ExecutionId
  Epoch: number
  PublishedResult: SpecConfig
  RunOutput: RunCommandResult
}
/** Node → orchestrator: failed, with the reason. Output is kept when there was any (X1). */
export type ComputeError = {
  ExecutionID: ExecutionId
  Epoch: number
  FailureClass: FailureClass
  Event: Event
  RunOutput: RunCommandResult | null
}
/** Node → orchestrator: stopped on request; output is kept when there was any. */
export type CancelResult = { ExecutionID: ExecutionId; Epoch: number; RunOutput: RunCommandResult | null }

export type OrchestratorMessages = {
  AskForBid: AskForBid
  BidAccepted: BidAccepted
  BidRejected: BidRejected
  CancelExecution: CancelExecution
}
export type ComputeMessages = {
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

/** Node → orchestrator at each connection: who I am and what I remember. Ids name the stores whose sequences the numbers count. */
export type Handshake = {
  NodeInfo: NodeInfo
  /** Identity of the node's store; a new one means that it lost everything it knew. */
  StoreID: string
  /** The orchestrator store it last spoke to, '' = none. */
  OrchestratorStoreID: string
  /** Last message of the orchestrator that the node has applied. */
  LastOrchestratorSeqNum: number
  /** What the node holds that is not terminal, so that both sides can be reconciled. */
  LiveExecutions: ExecutionId[]
}
export type HandshakeReply = {
  IsAccepted: boolean
  Reason: string
  StoreID: string
  /** Last message of the node that the orchestrator has applied; the node resumes after it. */
  LastComputeSeqNum: number
  HeartbeatIntervalMs: number
}
export type Heartbeat = {
  NodeID: string
  AvailableCapacity: Resources
  QueueUsedCapacity: Resources
  RunningExecutions: number
  EnqueuedExecutions: number
  LastOrchestratorSeqNum: number
}
