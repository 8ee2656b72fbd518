import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import type { JobCursor, JobFilter, JobOrder, Page } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
import { prepareExact, query, value } from '../queries.ts'
import type { JobsTable } from './jobs.ts'

/** Where a job stands in an order, and what the filter looks at. */
type Place = { key: bigint; id: string; labels: string | null; at: bigint | string }
type Walk = { order: JobOrder; isReversed: boolean; namespace: string | undefined }

/** Rows looked at in one go; between two the process does other work. */
const chunkSize = 1_000

/** Pages of jobs: walks the index of the order from the cursor on, never the table (W41). */
export class JobListing {
  readonly #database: SqlDatabase
  readonly #jobs: JobsTable
  readonly #nextTurn: () => Promise<void>
  readonly #statements = new Map<string, SqlStatement<Place>>()

  constructor(database: SqlDatabase, jobs: JobsTable, nextTurn: () => Promise<void>) {
    this.#database = database
    this.#jobs = jobs
    this.#nextTurn = nextTurn
  }

  async page(
    filter: JobFilter,
    order: JobOrder,
    isReversed: boolean,
    limit: number,
    after?: JobCursor,
  ): Promise<Page<Job>> {
    const walk: Walk = { order, isReversed, namespace: filter.namespace }
    const found: Place[] = []
    let from = after
    while (found.length <= limit) {
      const size = filter.matchesLabels ? chunkSize : limit + 1 - found.length
      const places = this.#places(walk, size, from)
      for (const place of places) if (matches(filter, place)) found.push(place)
      const last = places.at(-1)
      if (!last || places.length < size) break
      from = { value: last.at, id: last.id }
      if (found.length <= limit) await this.#nextTurn()
    }
    const items = found.slice(0, limit).map((place) => this.#jobs.byKey(place.key))
    return { items: items.filter((job) => job !== undefined), hasMore: found.length > limit }
  }

  #places(walk: Walk, limit: number, after: JobCursor | undefined): Place[] {
    const values: SqlValue[] = walk.namespace === undefined ? [] : [walk.namespace]
    if (after) values.push(...(walk.order === 'id' ? [after.id] : [BigInt(after.value), after.id]))
    return this.#statement(walk, after !== undefined).all(...values, limit)
  }

  #statement(walk: Walk, isContinued: boolean): SqlStatement<Place> {
    const name = `${walk.order} ${walk.isReversed} ${walk.namespace !== undefined} ${isContinued}`
    let statement = this.#statements.get(name)
    if (!statement) {
      statement = walkStatement(this.#database, walk, isContinued)
      this.#statements.set(name, statement)
    }
    return statement
  }
}

function walkStatement(database: SqlDatabase, walk: Walk, isContinued: boolean): SqlStatement<Place> {
  const { order, isReversed, namespace } = walk
  const direction = isReversed ? 'desc' : 'asc'
  const past = isReversed ? '<' : '>'
  let places = query.selectFrom('jobs').select(['key', 'id', 'labels', `${order} as at`])
  let names = ''
  if (namespace !== undefined) {
    places = places.where('namespace', '=', value('namespace'))
    names = 'namespace, '
  }
  if (order === 'id') places = places.orderBy('id', direction)
  else places = places.orderBy(order, direction).orderBy('id', direction)
  if (isContinued && order === 'id') {
    places = places.where('id', past, value('id'))
    names += 'id, '
  } else if (isContinued) {
    places = places.where((row) => row(row.refTuple(order, 'id'), past, row.tuple(value('at'), value('id'))))
    names += 'at, id, '
  }
  return prepareExact(database, places.limit(value('limit')), `${names}limit`) as SqlStatement<Place>
}

const noLabels = Object.freeze({})
const matches = (filter: JobFilter, place: Place): boolean =>
  !filter.matchesLabels || filter.matchesLabels(place.labels === null ? noLabels : JSON.parse(place.labels))
