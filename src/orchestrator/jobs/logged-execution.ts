import type { LogChoice, TellReader } from '#contracts/control-plane.ts'
import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import { shortId } from '#lib/short-id.ts'
import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution, isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Waiters } from '../waiters.ts'
import { executionNamed, executionNotFound } from './resolve.ts'

type Parts = { store: Store; waiters: Waiters }

/** The execution whose output is meant, once there is one. Who named none is told when it is one of several. */
export const loggedExecution = (
  { store, waiters }: Parts,
  jobId: JobId,
  choice: LogChoice,
  signal: AbortSignal,
  tell: TellReader = () => {},
): Promise<Execution | undefined> =>
  lookUntil(waiters, jobId, signal, async () => {
    const executions = await store.executionsOfJob(jobId, choice.version)
    const chosen = choice.executionId ? executionNamed(executions, choice.executionId) : newest(executions)
    const printing = choice.executionId ? 1 : executions.filter(mayPrint).length
    if (chosen && printing > 1) tell(isOneOf(printing, chosen))
    if (chosen) return chosen
    if (choice.executionId && executions.length > 0) throw executionNotFound(jobId, choice.executionId)
    const job = await store.job(jobId)
    const isPast = job !== undefined && choice.version !== undefined && choice.version !== job.Version
    if (choice.isFollowing && job && !isPast && !isTerminalJob(job.State.StateType)) return undefined
    const which = isPast ? `, and version ${choice.version}` : ''
    throw new Fault('NotFound', `no executions found for job ${jobId}${which}`, {
      component: 'JobStore',
      hint: 'bacalhau job describe tells why nothing has run.',
    })
  })

/** The one that takes the place of an execution that failed, once there is one; undefined when none will. */
export const succeedingExecution = async (
  { store, waiters }: Parts,
  jobId: JobId,
  executionId: ExecutionId,
  signal: AbortSignal,
): Promise<Execution | undefined> => {
  const found = await lookUntil(waiters, jobId, signal, async () => {
    const executions = await store.executionsOfJob(jobId)
    const own = executions.find(({ ID }) => ID === executionId)
    if (own && !isTerminalExecution(own.ComputeState.StateType)) return undefined
    if (own?.ComputeState.StateType !== 'Failed') return { next: undefined }
    const next = executions.findLast((each) => isSamePlace(each, own) && each.Epoch > own.Epoch)
    const job = next ? undefined : await store.job(jobId)
    const mayCome = job && job.Version === own.JobVersion && !isTerminalJob(job.State.StateType)
    return mayCome ? undefined : { next }
  })
  return found?.next
}

const isSamePlace = (one: Execution, other: Execution): boolean =>
  one.PartitionIndex === other.PartitionIndex && one.JobVersion === other.JobVersion

/** Looks once more after each change of the job, until there is something to see; undefined when told to leave before. */
async function lookUntil<Seen>(
  waiters: Waiters,
  jobId: JobId,
  signal: AbortSignal,
  look: () => Promise<Seen | undefined>,
): Promise<Seen | undefined> {
  for (;;) {
    const seen = new AbortController()
    const next = waiters.next(jobId, AbortSignal.any([signal, seen.signal]))
    try {
      const found = await look()
      if (found !== undefined || signal.aborted) return found
      await next
    } finally {
      seen.abort()
    }
  }
}

const mayPrint = ({ ComputeState, StartTime }: Execution): boolean =>
  StartTime > 0n || !isTerminalExecution(ComputeState.StateType)

const isOneOf = (printing: number, { ID }: Execution): string =>
  `This is the output of execution ${shortId(ID)}, the newest of ${printing}; bacalhau job logs --all-executions shows that of all, --execution-id that of another.`

/** The one changed last among those that were not discarded, else among all. */
const newest = (executions: readonly Execution[]): Execution | undefined => {
  const kept = executions.filter((execution) => !isDiscardedExecution(execution.ComputeState.StateType))
  const pool = kept.length > 0 ? kept : executions
  return pool.reduce<Execution | undefined>(
    (best, e) => (!best || e.ModifyTime > best.ModifyTime ? e : best),
    undefined,
  )
}
