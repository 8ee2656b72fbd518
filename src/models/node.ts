import type { NodeId } from './ids.ts'
import type { Resources } from './resources.ts'

export type BuildVersionInfo = {
  Major?: string
  Minor?: string
  GitVersion: string
  GitCommit: string
  /** RFC 3339. */
  BuildDate: string
  GOOS: string
  GOARCH: string
}

export type ComputeNodeInfo = {
  ExecutionEngines: string[]
  /** Ours, between nodes: why what the node knows does not work there, by its type. */
  UnavailableEngines?: Record<string, string>
  UnavailablePublishers?: Record<string, string>
  UnavailableStorages?: Record<string, string>
  Publishers: string[]
  StorageSources: string[]
  MaxCapacity: Resources
  /** Used by queued work. */
  QueueCapacity: Resources
  AvailableCapacity: Resources
  MaxJobRequirements: Resources
  RunningExecutions: number
  EnqueuedExecutions: number
  address?: string
}

export type NodeInfo = {
  NodeID: NodeId
  /** A node with both roles is Compute. */
  NodeType: 'Requester' | 'Compute'
  Labels: Record<string, string>
  /** `ncl/v1`, `bprotocol/v2`; nodes of ours add `bac/v1`. Go orchestrators before 1.6 ignore it. */
  SupportedProtocols: string[]
  ComputeNodeInfo?: ComputeNodeInfo
  BacalhauVersion: BuildVersionInfo
}

/** Whether it is a node of this project: no other says that it speaks this. */
export const isOurs = ({ SupportedProtocols }: NodeInfo): boolean => SupportedProtocols.includes('bac/v1')

export const memberships = ['PENDING', 'APPROVED', 'REJECTED'] as const
export type Membership = (typeof memberships)[number]
export type ConnectionWord = 'CONNECTED' | 'DISCONNECTED'

/** Times are Unix nanoseconds, 0 = never. */
export type ConnectionState = {
  Status: ConnectionWord
  LastHeartbeat: bigint
  LastComputeSeqNum: number
  LastOrchestratorSeqNum: number
  ConnectedSince: bigint
  DisconnectedSince: bigint
  LastError: string
}

/** Ours: a node that gets nothing new. `DRAINING`: what it has goes elsewhere; `DRAINED`: nothing of it is left. */
export const cordons = ['CORDONED', 'DRAINING', 'DRAINED'] as const
export type Cordon = (typeof cordons)[number]

/** What an operator may decide about a node. */
export const nodeActions = ['approve', 'reject', 'delete', 'cordon', 'uncordon', 'drain'] as const
export type NodeActionWord = (typeof nodeActions)[number]

export type NodeState = {
  Info: NodeInfo
  Membership: Membership
  ConnectionState: ConnectionState
  /** Ours: what its operator said when deciding on it last; absent = nothing. */
  Message?: string
  /** Absent = it takes work. */
  Cordon?: Cordon
  /** Of a node that is drained: when what is left there is stopped, Unix ns; absent = never. */
  DrainBy?: bigint
  /** Of a node that takes something else than when it last greeted: since when, Unix ns. No client sees it. */
  OfferedSince?: bigint
  /** Told of a node on which many jobs have failed of late for no fault of theirs: how many. It comes last in placements. */
  Trouble?: number
  /** Told of a node that is drained: executions that have not ended there. */
  Remaining?: number
}

/** A node as it tells of itself. */
export type OwnNode = NodeState & {
  /** What its operator should look at; absent = nothing. */
  Warnings?: readonly string[]
}
