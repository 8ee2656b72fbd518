import type { Event } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { JobState } from '#models/job-state.ts'
import type { Resources } from '#models/resources.ts'
import type { Reservation } from './snapshot.ts'

/** One execution's change; `event` is what people are told of it. */
export type ExecutionChange = { before: Execution; after: Execution; event?: Event; isCancelSent: boolean }

/** What should happen to one job, as data. The planner makes a transaction of it. */
export type Plan = {
  /** New, not yet known to their nodes. */
  starts: Execution[]
  /** Whether the node tells that it accepts (batch, service). */
  isBidReported: boolean
  changes: ExecutionChange[]
  jobState?: JobState & { event?: Event }
  /** Look again at this time even if nothing happens; Unix ns. */
  checkAt?: bigint
  /** Cannot go on until a node has room again, or until another node appears or changes: wake it then. */
  waitsFor?: 'room' | 'nodes'
  /** All of it has found a place, and no node has room for another like it. */
  isLastToFit?: boolean
  /** Nodes on which room is to be kept for it from now on, and on no others. */
  reservations?: ReadonlyMap<NodeId, Reservation>
  /** Executions (of daemon and ops jobs: nodes) that would start if there were room, or if they took it. */
  unplaced?: number
  /** What one of those needs that found no place; of several amounts the largest. */
  unplacedNeed?: Resources
  /** Executions on nodes that are drained, for which there is no place elsewhere. */
  staying?: number
}

export const emptyPlan = (isBidReported: boolean): Plan => ({
  starts: [],
  isBidReported,
  changes: [],
})

/** The earlier of two times to look again. */
export const checkBy = (plan: Plan, time: bigint): void => {
  if (plan.checkAt === undefined || time < plan.checkAt) plan.checkAt = time
}

/** At the earliest of these times, if there is any. */
export const checkByAny = (plan: Plan, times: readonly bigint[]): void => {
  for (const time of times) checkBy(plan, time)
}

export const isEmptyPlan = (plan: Plan): boolean =>
  plan.starts.length === 0 && plan.changes.length === 0 && plan.jobState === undefined
