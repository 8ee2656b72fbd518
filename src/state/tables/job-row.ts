import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob, type JobState, jobStateNames } from '#models/job-state.ts'
import type { Exact } from '../queries.ts'
import type { Version } from './versions.ts'

/** Jobs with what changes; the specification is in `versions`. */
export type JobRow = {
  key: number
  id: string
  namespace: string
  /** null = no name of its own: its name is its id. */
  name: string | null
  /** Place in `jobStateNames`. */
  state: number
  /** Message and Details as JSON. */
  state_detail: string | null
  is_live: number
  version: number
  version_key: number
  revision: number
  created_at: bigint
  modified_at: bigint
  /** JSON; null = none. */
  labels: string | null
  /** 0 = removed since the job ended. */
  has_history: number
}

export const fullColumns = [
  'id',
  'state',
  'state_detail',
  'version',
  'version_key',
  'revision',
  'created_at',
  'modified_at',
] as const
export type FullRow = Pick<JobRow, (typeof fullColumns)[number]>

export const jobOf = (row: Exact<FullRow>, version: Version): Job => ({
  ...version.spec,
  ID: row.id as JobId,
  State: stateOf(Number(row.state), row.state_detail),
  Version: Number(row.version),
  Revision: Number(row.revision),
  CreateTime: row.created_at,
  ModifyTime: row.modified_at,
  VersionTime: version.createdAt,
})

export const stateNumber = (state: JobState): number => jobStateNames.indexOf(state.StateType)
export const isLive = ({ State }: Pick<Job, 'State'>): boolean => !isTerminalJob(State.StateType)
export const isLiveRow = ({ state }: Exact<FullRow>): boolean =>
  !isTerminalJob(jobStateNames[Number(state)] ?? 'Undefined')
export const isLiveNumber = (state: JobState): number => (isTerminalJob(state.StateType) ? 0 : 1)

export function detailText({ StateType, ...detail }: JobState): string | null {
  return detail.Message === undefined && detail.Details === undefined ? null : exactJson(detail)
}

const stateOf = (state: number, detail: string | null): JobState => ({
  StateType: jobStateNames[state] ?? 'Undefined',
  ...(detail === null ? undefined : parseExact<Omit<JobState, 'StateType'>>(detail)),
})

export const ownName = (job: Job): string | null => (job.Name === job.ID ? null : job.Name)

export function labelsText(job: Job): string | null {
  for (const _ in job.Labels) return exactJson(job.Labels)
  return null
}
