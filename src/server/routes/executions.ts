import { type ClientVersion, since } from '#api/client-version.ts'
import type { ShownExecution } from '#api/decode/execution.ts'
import type { List } from '#api/endpoint.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { Execution } from '#models/execution.ts'
import { computeStateNumber } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { type PageQuery, pageOf, type SortKey } from './paging.ts'

type VersionQuery = { job_version?: number; all_job_versions?: boolean }

const by = (value: SortKey<ShownExecution>['value']): SortKey<ShownExecution> => ({ value, id: ({ ID }) => ID })
const created = by(({ CreateTime }) => CreateTime)
const modified = by(({ ModifyTime }) => ModifyTime)
const orders = {
  modify_time: modified,
  modified_at: modified,
  create_time: created,
  created_at: created,
  id: by(({ ID }) => ID),
  state: by(({ ComputeState }) => BigInt(computeStateNumber(ComputeState.StateType))),
}

/** A page of the executions of a job; without an order the oldest change first, or for newer clients the oldest. */
export async function listExecutions(
  jobs: JobsApi,
  job: Job,
  query: PageQuery & VersionQuery,
  version: ClientVersion,
): Promise<List<ShownExecution>> {
  const shown = await shownExecutions(jobs, job, query, version)
  const fallback = version >= since.v1_5 ? created : modified
  const { items, nextToken } = pageOf(shown, query, { '': fallback, ...orders })
  return { NextToken: nextToken, Items: items }
}

/** Executions in order of creation. Clients that know versions get the present one unless they ask, and the job with each. */
export async function shownExecutions(
  jobs: JobsApi,
  job: Job,
  { job_version = 0, all_job_versions = false }: VersionQuery,
  version: ClientVersion,
): Promise<ShownExecution[]> {
  if (version < since.v1_5) return jobs.executions(job.ID, job_version === 0 ? undefined : job_version)
  const executions = await jobs.executions(job.ID, all_job_versions ? undefined : job_version || job.Version)
  return withJobs(jobs, job, executions)
}

async function withJobs(jobs: JobsApi, job: Job, executions: readonly Execution[]): Promise<ShownExecution[]> {
  const versions = new Map([[job.Version, job]])
  for (const { JobVersion } of executions) {
    if (!versions.has(JobVersion)) versions.set(JobVersion, await jobs.get(job.ID, JobVersion))
  }
  return executions.map((execution) => ({ ...execution, Job: versions.get(execution.JobVersion) as Job }))
}
