import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'

/** A node as placement sees it: what it said of itself, less what it has been promised already. */
export type NodeView = {
  readonly id: NodeId
  readonly state: NodeState
  readonly isConnected: boolean
  /** Unix ns since when it is unreachable; 0 while connected. */
  readonly disconnectedSince: bigint
  /** MaxCapacity less everything promised and not yet ended. */
  readonly free: Resources
  readonly promised: Resources
}

/** All a reconciler may look at. It never asks for anything else. */
export type Snapshot = {
  readonly job: Job
  /** All versions, in order of creation. */
  readonly executions: readonly Execution[]
  readonly nodes: readonly NodeView[]
  readonly nowNs: bigint
  /** What a task takes that asks for nothing. */
  readonly defaultResources: Resources
  /** The orchestrator has just started and nodes may still be on their way: a shortage of nodes is not final. */
  readonly isSettling: boolean
  /** The evaluation that is being worked on. */
  readonly evaluationId: string
  readonly newExecutionId: () => Execution['ID']
  /** In [0, 1); for jitter and breaking ties. */
  readonly chance: () => number
}
