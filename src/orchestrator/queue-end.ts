import type { Execution } from '#models/execution.ts'
import { type Job, mainTask } from '#models/job.ts'

/** When it has waited for QueueTimeout, since its submission or since the last of it that was taken ended; undefined = it waits without end, or not at all. */
export function queueEnd(job: Job, executions: readonly Execution[]): bigint | undefined {
  const seconds = mainTask(job).Timeouts.QueueTimeout ?? 0n
  if (seconds === 0n || job.Type === 'daemon') return undefined
  const taken = executions.filter(({ ComputeState }) => ComputeState.StateType !== 'AskForBidRejected')
  const since = taken.reduce((at, { ModifyTime }) => (ModifyTime > at ? ModifyTime : at), job.VersionTime)
  return since + seconds * 1_000_000_000n
}
