import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import type { JobCursor, JobOrder } from '#contracts/store.ts'
import { prepareExact, query, value } from '../queries.ts'
import type { IdIndex } from './id-index.ts'
import type { Created } from './job-labels.ts'

/** Where a job stands in each order, and what filters look at. */
export type Place = {
  key: bigint
  id: string
  namespace: string
  labels: string | null
  created_at: bigint
  modified_at: bigint
}
export type Walk = { order: JobOrder; isReversed: boolean; namespace: string | undefined }

const columns = ['key', 'id', 'namespace', 'labels', 'created_at', 'modified_at'] as const

/** Walks the jobs in an order, from a place on. Jobs of equal time stand in the order in which they were stored. */
export class JobPlaces {
  readonly #database: SqlDatabase
  readonly #ids: IdIndex
  readonly #byKey: SqlStatement<Place>
  readonly #ofNamespace: SqlStatement<Place>
  readonly #walks = new Map<string, SqlStatement<Place>>()

  constructor(database: SqlDatabase, ids: IdIndex) {
    this.#database = database
    this.#ids = ids
    const places = query.selectFrom('jobs').select(columns)
    this.#byKey = prepareExact(database, places.where('key', '=', value('key')), 'key')
    const ofNamespace = places.where('namespace', '=', value('namespace')).limit(value('limit'))
    this.#ofNamespace = prepareExact(database, ofNamespace, 'namespace, limit')
  }

  byKeys(keys: readonly number[]): Place[] {
    return keys.map((key) => this.#byKey.get(key)).filter((place) => place !== undefined)
  }

  /** In no order. */
  ofNamespace(namespace: string, limit: number): Place[] {
    return this.#ofNamespace.all(namespace, limit)
  }

  /** Where a cursor stands in the order of creation. */
  createdAt(cursor: JobCursor, isReversed: boolean): Created {
    return { at: BigInt(cursor.value), key: this.#keyOf(cursor, isReversed) }
  }

  /** At most `limit` places after the cursor. In the order of ids the namespace is left to the caller. */
  next(walk: Walk, after: JobCursor | undefined, limit: number): Place[] {
    if (walk.order === 'id') return this.#nextIds(walk.isReversed, after, limit)
    const values: SqlValue[] = walk.namespace === undefined ? [] : [walk.namespace]
    if (after) values.push(BigInt(after.value), this.#keyOf(after, walk.isReversed))
    return this.#statement(walk, after !== undefined).all(...values, limit)
  }

  /** Which of two places comes first in the order: negative = `a`. */
  compare(order: JobOrder, a: Place, b: Place): number {
    if (order === 'id') return a.id < b.id ? -1 : Number(a.id > b.id)
    return Number(a[order] - b[order]) || Number(a.key - b.key)
  }

  /** Whether a place lies after the cursor. */
  isAfter({ order, isReversed }: Walk, place: Place, cursor: JobCursor): boolean {
    const at = order === 'id' ? place.created_at : BigInt(cursor.value)
    const edge = {
      ...place,
      id: cursor.id,
      created_at: at,
      modified_at: at,
      key: BigInt(this.#keyOf(cursor, isReversed)),
    }
    return isReversed ? this.compare(order, place, edge) < 0 : this.compare(order, place, edge) > 0
  }

  #nextIds(isReversed: boolean, after: JobCursor | undefined, limit: number): Place[] {
    const from = after?.id ?? (isReversed ? '\u{10ffff}' : '')
    return this.byKeys(this.#ids.page(from, isReversed, limit).map((row) => row.key))
  }

  /** A job that is no longer there stood behind all of its time. */
  #keyOf(cursor: JobCursor, isReversed: boolean): number {
    return this.#ids.key(cursor.id) ?? (isReversed ? 0 : Number.MAX_SAFE_INTEGER)
  }

  #statement(walk: Walk, isContinued: boolean): SqlStatement<Place> {
    const name = `${walk.order} ${walk.isReversed} ${walk.namespace !== undefined} ${isContinued}`
    let statement = this.#walks.get(name)
    if (!statement) {
      statement = walkStatement(this.#database, walk, isContinued)
      this.#walks.set(name, statement)
    }
    return statement
  }
}

function walkStatement(database: SqlDatabase, walk: Walk, isContinued: boolean): SqlStatement<Place> {
  const order = walk.order as Exclude<JobOrder, 'id'>
  const direction = walk.isReversed ? 'desc' : 'asc'
  const past = walk.isReversed ? '<' : '>'
  let places = query.selectFrom('jobs').select(columns)
  let names = ''
  if (walk.namespace !== undefined) {
    places = places.where('namespace', '=', value('namespace'))
    names += 'namespace, '
  }
  if (isContinued) {
    places = places.where((row) => row(row.refTuple(order, 'key'), past, row.tuple(value('at'), value('key'))))
    names += 'at, key, '
  }
  const ordered = places.orderBy(order, direction).orderBy('key', direction)
  return prepareExact(database, ordered.limit(value('limit')), `${names}limit`)
}
