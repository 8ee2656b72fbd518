import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'
import type { NamedValues } from './named-values.ts'

/** The rows of an index from public id to integer key. */
export type IdRow = { id: string; key: number }

export type IdIndexOptions = {
  table: 'job_ids' | 'execution_ids'
  /** Where the ids come from. */
  source: 'jobs' | 'executions'
  /** How many new ids wait in memory before they are merged; 0 = each is written at once. */
  waitingIds: number
}

/** Two for one, so that a run ends before the next is due. */
const mergedPerId = 2

/**
 * Finds the key of a public id. Ids are random, so each new one would dirty its own page of the index, twice 4 KB for
 * 50 bytes. Instead new ids wait in memory; when there are enough of them they are sorted, and from then on each new id
 * writes the next two of the sorted run: neighbours share pages, and there is no burst. What waits is read again from
 * the rows when the store is opened, and merging twice changes nothing.
 */
export class IdIndex {
  readonly #options: IdIndexOptions
  readonly #meta: NamedValues
  readonly #insert: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #get: SqlStatement<{ key: number }>
  readonly #fresh: SqlStatement<IdRow>
  readonly #after: SqlStatement<IdRow>
  readonly #before: SqlStatement<IdRow>
  #isLoaded = false
  #waiting = new Map<string, number>()
  /** Being merged, in the order of ids, from `#merged` on. */
  #run = new Map<string, number>()
  #runIds: string[] = []
  #merged = 0
  #lastKeyOfRun = 0

  constructor(database: SqlDatabase, meta: NamedValues, options: IdIndexOptions) {
    this.#options = options
    this.#meta = meta
    const insert = query.insertInto(options.table).values({ id: value('id'), key: value('key') })
    this.#insert = prepare(
      database,
      insert.onConflict((conflict) => conflict.column('id').doNothing()),
      'id, key',
    )
    this.#remove = prepare(database, query.deleteFrom(options.table).where('id', '=', value('id')), 'id')
    const rows = query.selectFrom(options.table)
    this.#get = prepare(database, rows.select('key').where('id', '=', value('id')), 'id')
    const fresh = query.selectFrom(options.source).select(['id', 'key'])
    this.#fresh = prepare(database, fresh.where('key', '>', value('merged')).orderBy('key'), 'merged')
    const after = rows.select(['id', 'key']).where('id', '>', value('id')).orderBy('id')
    this.#after = prepare(database, after.limit(value('limit')), 'id, limit')
    const before = rows.select(['id', 'key']).where('id', '<', value('id')).orderBy('id', 'desc')
    this.#before = prepare(database, before.limit(value('limit')), 'id, limit')
  }

  key(id: string): number | undefined {
    this.#load()
    return this.#waiting.get(id) ?? this.#run.get(id) ?? this.#get.get(id)?.key
  }

  add(id: string, key: number): void {
    this.#load()
    this.#waiting.set(id, key)
    if (this.#runIds.length === 0 && this.#waiting.size > this.#options.waitingIds) this.#startRun()
    this.#merge(mergedPerId)
  }

  /** Its row is gone too. */
  remove(id: string): void {
    this.#load()
    this.#waiting.delete(id)
    this.#run.delete(id)
    this.#remove.run(id)
  }

  /** At start, inside a transaction: what many short lives have left waiting is merged. */
  mergeBacklog(): void {
    this.#load()
    if (this.#waiting.size <= 2 * this.#options.waitingIds) return
    this.#startRun()
    this.#merge(this.#runIds.length)
  }

  /** At most `limit` ids, in order. */
  startingWith(prefix: string, limit: number): string[] {
    const whole = this.key(prefix) === undefined ? [] : [prefix]
    const longer = this.page(prefix, false, limit).map((row) => row.id)
    return [...whole, ...longer.filter((id) => id.startsWith(prefix))].slice(0, limit)
  }

  /** In the order of ids, exclusive of `after`. */
  page(after: string, isReversed: boolean, limit: number): IdRow[] {
    this.#load()
    const isPast = isReversed ? (id: string) => id < after : (id: string) => id > after
    const found = new Map<string, number>()
    for (const row of (isReversed ? this.#before : this.#after).all(after, limit)) found.set(row.id, row.key)
    for (const ids of [this.#waiting, this.#run]) for (const [id, key] of ids) if (isPast(id)) found.set(id, key)
    const sign = isReversed ? -1 : 1
    const rows = Array.from(found, ([id, key]): IdRow => ({ id, key }))
    return rows.sort((a, b) => (a.id < b.id ? -sign : sign)).slice(0, limit)
  }

  /** After a rollback: the rows tell again. */
  forget(): void {
    this.#isLoaded = false
  }

  #load(): void {
    if (this.#isLoaded) return
    const merged = Number(this.#meta.get(this.#markName) ?? 0)
    this.#waiting = new Map(this.#fresh.all(merged).map((row) => [row.id, row.key]))
    this.#endRun()
    this.#isLoaded = true
  }

  #startRun(): void {
    this.#run = this.#waiting
    this.#runIds = [...this.#run.keys()].sort()
    this.#lastKeyOfRun = 0
    for (const key of this.#run.values()) this.#lastKeyOfRun = Math.max(this.#lastKeyOfRun, key)
    this.#waiting = new Map()
  }

  #merge(count: number): void {
    if (this.#runIds.length === 0) return
    const end = Math.min(this.#merged + count, this.#runIds.length)
    for (; this.#merged < end; this.#merged++) {
      const id = this.#runIds[this.#merged] as string
      const key = this.#run.get(id)
      // Removed since the run began.
      if (key !== undefined) this.#insert.run(id, key)
    }
    if (end < this.#runIds.length) return
    this.#meta.put(this.#markName, String(this.#lastKeyOfRun))
    this.#endRun()
  }

  #endRun(): void {
    this.#run = new Map()
    this.#runIds = []
    this.#merged = 0
  }

  get #markName(): string {
    return `${this.#options.table}_merged`
  }
}
