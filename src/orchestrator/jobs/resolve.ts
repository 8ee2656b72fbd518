import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { JobId } from '#models/ids.ts'
import { someIds } from '../some-ids.ts'

const component = 'JobStore'
const fullId = /^(?:[A-Za-z]-)?[0-9A-Za-z_]{8}-[0-9A-Za-z_]{4}-[0-9A-Za-z_]{4}-[0-9A-Za-z_]{4}-[0-9A-Za-z_]{12}$/

export const jobNotFound = (idOrName: string): Fault =>
  new Fault('NotFound', `job not found: ${idOrName}`, { component, hint: 'bacalhau job list shows the jobs.' })

export const versionNotFound = (id: JobId, version: number): Fault =>
  new Fault('NotFound', `job version ${version} not found for job ${id}`, {
    component,
    hint: 'bacalhau job versions lists them.',
  })

export const executionNotFound = (jobId: JobId, executionId: string): Fault =>
  new Fault('NotFound', `unable to find execution ${executionId} in job ${jobId}`, {
    component,
    hint: `bacalhau job executions ${jobId} lists them.`,
  })

/** Full id, unique prefix, then exact name in the namespace; of several jobs of a name the newest. */
export const resolveJob = async (store: Store, idOrName: string, namespace: string): Promise<JobId> => {
  if ((await store.job(idOrName as JobId)) !== undefined) return idOrName as JobId
  if (idOrName !== '' && !fullId.test(idOrName)) {
    const ids = await store.jobIdsByPrefix(idOrName, 4)
    const [first, second] = ids
    if (first && !second) return first
    if (first) throw multipleFound(idOrName, ids)
  }
  const named = await store.jobIdByName(idOrName, namespace || 'default')
  if (named) return named
  throw jobNotFound(idOrName)
}

/** The execution of one job by its full id or a unique prefix; undefined when there is none. */
export const executionNamed = (executions: readonly Execution[], id: string): Execution | undefined => {
  const [first, ...others] = executions.filter(({ ID }) => ID.startsWith(id))
  if (others.length === 0) return first
  const ids = [first, ...others].flatMap((each) => each?.ID ?? [])
  throw new Fault(
    'MultipleFound',
    `Multiple executions found for prefix: ${id}, matching executions: ${someIds(ids)}`,
    {
      component,
      hint: 'Use the full execution ID',
    },
  )
}

/** Names the first of `ids`; without any it names none. */
export const multipleFound = (prefix: string, ids: readonly JobId[] = []): Fault => {
  const which = ids.length > 0 ? `, matching jobIDs: ${someIds(ids)}` : ''
  return new Fault('MultipleFound', `Multiple jobs found for jobID prefix: ${prefix}${which}`, {
    component,
    hint: 'Use full job ID',
  })
}
