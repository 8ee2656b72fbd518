import type { Execution } from '#models/execution.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Job, LabelSelectorRequirement } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import type { Turn } from './turn.ts'

/** A node as placement sees it: what it said of itself, less what it has been promised already. */
export type NodeView = {
  readonly id: NodeId
  readonly state: NodeState
  readonly isConnected: boolean
  /** False = its line is closed, as far as that is known: it restarts, or is gone and not yet silent for long enough. */
  readonly isListening: boolean
  /** Unix ns since when it is unreachable; 0 while connected. */
  readonly disconnectedSince: bigint
  /** MaxCapacity less everything promised and not yet ended. */
  readonly free: Resources
  readonly reservation?: Reservation
}

/** Room on a node that is kept, as work there ends, for a job that has waited long. `until`: Unix ns at which others are tried instead. */
export type Reservation = Turn & { readonly need: Resources; readonly until?: bigint }

/** All nodes as placement sees them now, so that who looks for a few need not go through all. To be read at once. */
export type NodeViews = {
  views(): readonly NodeView[]
  view(id: NodeId): NodeView | undefined
  /** Among these are all whose labels meet every constraint; and others, of which there are few when some label is rare. */
  viewsNear(constraints: readonly LabelSelectorRequirement[]): readonly NodeView[]
  /** Those with room reserved for the job. */
  reservedFor(jobId: JobId): readonly NodeView[]
  /** Nodes on which many jobs have failed of late for no fault of theirs, and how many. */
  troubledAt(nowNs: bigint): ReadonlyMap<NodeId, number>
  /** Nodes that are likely to have inputs of the job already, and how many of them. */
  holding(job: Job): ReadonlyMap<NodeId, number>
  /** Promised on the node to what runs until it is stopped; with `before` also to what is there since before then. */
  lastingOn(id: NodeId, before?: bigint): Resources
}

/** Which of the nodes that can take an execution come first: those with most room, or with least, so that others stay empty. */
export type Strategy = 'spread' | 'pack'

/** All a reconciler may look at. It never asks for anything else. */
export type Snapshot = {
  readonly job: Job
  /** All versions, in order of creation. */
  readonly executions: readonly Execution[]
  /** What the program of this version is, once an execution has found it. */
  readonly content?: string | undefined
  readonly nodes: NodeViews
  /** Of a job that found too few places the last time: nodes that may take more since. No other can take any of it. */
  readonly better?: readonly NodeView[]
  readonly nowNs: bigint
  /** What a task takes that asks for nothing. */
  readonly defaultResources: Resources
  readonly strategy: Strategy
  /** How long a connected Go node may say nothing to what it was asked. */
  readonly answerLimitNs: bigint
  /** Since when the orchestrator can have heard it: before that it was frozen. Unix ns. */
  readonly awakeSince: bigint
  /** The orchestrator has just started and nodes may still be on their way: a shortage of nodes is not final. */
  readonly isSettling: boolean
  /** The evaluation that is being worked on. */
  readonly evaluationId: string
  readonly newExecutionId: () => Execution['ID']
  /** In [0, 1); for jitter and breaking ties. */
  readonly chance: () => number
}
