import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution } from '#models/execution-state.ts'
import { isLongRunning } from '#models/job.ts'
import { stopTexts } from '../events.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import type { Partition } from './counted.ts'
import { retryOf } from './retry.ts'
import { isLive, stopExecution } from './stop-executions.ts'

/** What it does is to go elsewhere. */
export const isDraining = (node: NodeView | undefined): boolean => node?.state.Cordon === 'DRAINING'

/** What is still on a node that was to be empty by now is stopped, whether or not there is a place elsewhere; returns what is as it will be. */
export const stopOverdue = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): Execution[] =>
  executions.map((execution) => {
    const { DrainBy } = (isLive(execution) && snapshot.nodes.view(execution.NodeID)?.state) || {}
    if (DrainBy === undefined || execution.DesiredState.StateType === 'Stopped') return execution
    if (snapshot.nowNs >= DrainBy) return stopExecution(plan, execution, stopTexts.drainedByNow, snapshot.nowNs)
    checkBy(plan, DrainBy)
    return execution
  })

/**
 * The attempt of a partition that should go elsewhere, once there is a place. One that must not start twice stays to its end;
 * so does one whose replacements failed, for as long as the retry policy says.
 */
export const leaverOf = (snapshot: Snapshot, { attempts }: Partition): Execution | undefined => {
  if (snapshot.job.Delivery === 'AtMostOnce') return undefined
  const holder = attempts.findLast(isLive)
  if (!holder || holder.DesiredState.StateType === 'Stopped') return undefined
  if (!isDraining(snapshot.nodes.view(holder.NodeID))) return undefined
  const failed = attempts.filter(({ ComputeState }) => isDiscardedExecution(ComputeState.StateType))
  return retryOf(snapshot, failed).kind === 'now' ? holder : undefined
}

/** Its replacement is in the same plan. What serves goes on until that one runs. */
export const replace = ({ job, nowNs }: Snapshot, plan: Plan, leaver: Execution): void => {
  if (!isLongRunning(job.Type)) stopExecution(plan, leaver, stopTexts.drained, nowNs)
}
