import { parseResources } from '#lib/resources.ts'
import { allocatedOf, type Execution } from '#models/execution.ts'
import { type Job, mainTask, rescheduleOf } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import { needOf } from '../placement/need.ts'
import type { Snapshot } from '../snapshot.ts'
import { failedInARow } from './retry.ts'

/** What the next attempt is promised: for each one before that ran out of memory, more of it, where the job asks for that. */
export const needAfter = ({ job, defaultResources }: Snapshot, attempts: readonly Execution[]): Resources => {
  const need = needOf(job, defaultResources)
  const percent = moreOf(job)
  const times = percent > 0 ? failedInARow(job, attempts).filter(ranOutOfMemory).length : 0
  if (times === 0) return need
  const bytes = Math.ceil(need.Memory * (1 + percent / 100) ** times)
  return { ...need, Memory: Math.min(bytes, Number.MAX_SAFE_INTEGER) }
}

/** Bytes of memory of the next attempt, when they are more than the job asks for; else 0. */
export const raisedMemory = (snapshot: Snapshot, attempts: readonly Execution[]): number => {
  const { Memory } = needAfter(snapshot, attempts)
  return Memory > needOf(snapshot.job, snapshot.defaultResources).Memory ? Memory : 0
}

/** Its partitions may be promised different amounts. */
export const isUneven = (job: Job, executions: readonly Execution[]): boolean =>
  moreOf(job) > 0 && executions.some(ranOutOfMemory)

/** The job as the execution's node is told it: every node reads there how much memory the program may have. */
export const jobFor = (execution: Execution, job: Job): Job => {
  const task = mainTask(job)
  const { Memory = 0 } = allocatedOf(execution) ?? {}
  const mayBeRaised = moreOf(job) > 0 && execution.Attempt > 1
  if (!mayBeRaised || parseResources(task.Resources).Memory >= Memory) return job
  return { ...job, Tasks: [{ ...task, Resources: { ...task.Resources, Memory: String(Memory) } }] }
}

/** In percent. */
const moreOf = (job: Job): number => rescheduleOf(job).MoreMemory

const ranOutOfMemory = ({ ComputeState: { StateType, Details = {} } }: Execution): boolean =>
  StateType === 'Failed' && Details['Lacks'] === 'memory'
