import type { List } from '#api/endpoint.ts'
import type { jobEndpoints } from '#api/jobs.ts'
import { encodePagingToken } from '#api/paging-token.ts'
import type { QueryOf } from '#api/query.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { JobCursor, JobFilter, JobOrder, Page } from '#contracts/store.ts'
import { compileSelector, requiredLabels } from '#lib/selector/match.ts'
import { parseSelector } from '#lib/selector/parse.ts'
import type { Job } from '#models/job.ts'
import { askedPage, orderNamed, pageSizeOf } from './paging.ts'

const orders: Record<string, JobOrder> = {
  '': 'created_at',
  created_at: 'created_at',
  create_time: 'created_at',
  modified_at: 'modified_at',
  modify_time: 'modified_at',
  id: 'id',
}

/** A page of jobs. With a token the filters are given again. */
export async function listJobs(
  jobs: JobsApi,
  query: QueryOf<(typeof jobEndpoints)['list']['query']>,
): Promise<List<Job>> {
  const { sortBy, isReversed, limit, position } = askedPage(query)
  const order = orderNamed(sortBy, orders)
  const filter = filterOf(query)
  const read = (size: number, after?: JobCursor) => jobs.list(filter, order, isReversed, size, after)
  const size = pageSizeOf(limit)
  const page =
    position === undefined
      ? await read(size)
      : 'offset' in position
        ? await readFromOffset(read, order, position.offset, size)
        : await read(size, position)
  const last = page.items.at(-1)
  return {
    NextToken:
      page.hasMore && last ? encodePagingToken({ sortBy, isReversed, limit, position: cursorOf(last, order) }) : '',
    Items: page.items,
  }
}

function filterOf({ namespace, labels }: { namespace?: string; labels?: readonly string[] }): JobFilter {
  const selector = (labels ?? []).join(',')
  const requirements = selector === '' ? [] : parseSelector(selector)
  return {
    ...(namespace !== undefined && namespace !== '*' ? { namespace } : {}),
    ...(requirements.length === 0
      ? {}
      : { matchesLabels: compileSelector(requirements), requiredLabels: requiredLabels(requirements) }),
  }
}

/** Tokens of the reference count items from the start; the items before are walked over. */
async function readFromOffset(
  read: (size: number, after?: JobCursor) => Promise<Page<Job>>,
  order: JobOrder,
  offset: number,
  size: number,
): Promise<Page<Job>> {
  let [skipped, after] = [0, undefined as JobCursor | undefined]
  while (skipped < offset) {
    const page = await read(Math.min(1_000, offset - skipped), after)
    const last = page.items.at(-1)
    if (last === undefined || !page.hasMore) return { items: [], hasMore: false }
    skipped += page.items.length
    after = cursorOf(last, order)
  }
  return read(size, after)
}

const cursorOf = (job: Job, order: JobOrder): JobCursor => ({
  value: order === 'id' ? job.ID : order === 'modified_at' ? job.ModifyTime : job.CreateTime,
  id: job.ID,
})
