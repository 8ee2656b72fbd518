import { type ClientVersion, since as generation } from '#api/client-version.ts'
import type { List } from '#api/endpoint.ts'
import { decodePagingToken, encodePagingToken, type PagingToken } from '#api/paging-token.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import { isTerminalJob } from '#models/job-state.ts'

export type HistoryQuery = {
  since?: bigint
  event_type?: string
  execution_id?: string
  node_id?: string
  limit?: number
  next_token?: string
  job_version?: number
  all_job_versions?: boolean
  audience?: string
}

const newDefaultLimit = 100
const readSize = 500

/**
 * Lines of a job in order of their number. Newer clients follow the job with the token: it is empty only when there is
 * nothing more and nothing more will come. Older ones get all lines at once unless they ask for a page.
 */
export async function listHistory(
  jobs: JobsApi,
  job: Job,
  query: HistoryQuery,
  version: ClientVersion,
): Promise<List<JobHistory>> {
  const token = query.next_token === undefined ? undefined : cursorOf(query.next_token)
  const isNew = isToldNewly(query.audience, version)
  const limit = token?.limit || query.limit || (isNew ? newDefaultLimit : Number.MAX_SAFE_INTEGER)
  const start = token && 'offset' in token.position ? Math.max(token.position.offset, 1) : 1
  const isWanted = lineFilter(job, query, isNew)

  const items: JobHistory[] = []
  let next = start
  let hasMore = true
  while (hasMore && items.length < limit) {
    const page = await jobs.history(job.ID, isNew ? 'since-1.5' : 'before-1.5', next - 1, readSize)
    hasMore = page.hasMore
    for (const line of page.items) {
      if (items.length === limit) {
        hasMore = true
        break
      }
      if (isWanted(line)) items.push(line)
      next = line.SeqNum + 1
    }
  }
  const goesOn = hasMore || (isNew && (await mayGrow(jobs, job, query)))
  const NextToken = goesOn ? cursor(token?.limit ?? query.limit ?? 0, next) : ''
  return { NextToken, Items: isNew ? items.map(toldNewly) : items }
}

/** All lines there are now of this version of the job, for an answer that is not followed. */
export async function wholeHistory(
  jobs: JobsApi,
  job: Job,
  audience: string | undefined,
  version: ClientVersion,
): Promise<List<JobHistory>> {
  const query = {
    limit: Number.MAX_SAFE_INTEGER,
    job_version: job.Version,
    ...(audience === undefined ? {} : { audience }),
  }
  return { ...(await listHistory(jobs, job, query, version)), NextToken: '' }
}

/** The caller's generation decides, unless it asks for the lines of the other one. */
function isToldNewly(audience: string | undefined, version: ClientVersion): boolean {
  if (audience === undefined) return version >= generation.v1_5
  if (audience !== 'before-1.5' && audience !== 'since-1.5') throw fieldFault('Audience', 'oneof')
  return audience === 'since-1.5'
}

/** Newer clients know what the node says before it starts under another topic. */
const toldNewly = (line: JobHistory): JobHistory =>
  line.Event.Topic === topics.requestingNode ? { ...line, Event: { ...line.Event, Topic: topics.execScanning } } : line

function cursorOf(text: string): PagingToken {
  try {
    return decodePagingToken(text)
  } catch (error) {
    throw new Fault('BadRequest', `invalid next token: ${messageOf(error)}`, { component: 'JobStore', cause: error })
  }
}

const cursor = (limit: number, offset: number): string =>
  encodePagingToken({ sortBy: '', isReversed: false, limit, position: { offset } })

function lineFilter(job: Job, query: HistoryQuery, isNew: boolean): (line: JobHistory) => boolean {
  const { since = 0n, event_type = 'all', execution_id = '', node_id = '', job_version = 0 } = query
  if (since < 0n) throw fieldFault('Since', 'min')
  if (!['all', 'job', 'execution'].includes(event_type)) throw fieldFault('EventType', 'oneof')
  const type = event_type === 'job' ? 'JobLevel' : event_type === 'execution' ? 'ExecutionLevel' : undefined
  const version = job_version || (isNew && !query.all_job_versions ? job.Version : 0)
  return (line) =>
    line.Time / 1_000_000_000n >= since &&
    (type === undefined || line.Type === type) &&
    (version === 0 || line.JobVersion === version) &&
    (line.ExecutionID ?? '').startsWith(execution_id) &&
    (line.NodeID ?? '').startsWith(node_id)
}

/** Whether the job, or the execution that was asked for, can still write lines. */
async function mayGrow(jobs: JobsApi, job: Job, { execution_id }: HistoryQuery): Promise<boolean> {
  if (execution_id === undefined) return !isTerminalJob(job.State.StateType)
  const executions = (await jobs.executions(job.ID)).filter(({ ID }) => ID.startsWith(execution_id))
  return executions.some(({ ComputeState }) => !isTerminalExecution(ComputeState.StateType))
}

const fieldFault = (field: string, tag: string): Fault =>
  new Fault(
    'BadRequest',
    `Key: 'ListJobHistoryRequest.${field}' Error:Field validation for '${field}' failed on the '${tag}' tag`,
    { component: 'APIServer' },
  )
