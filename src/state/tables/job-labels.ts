import type { SqlDatabase, SqlStatement, SqlValue } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** Which jobs carry a label, in the order of their creation, so that they are found without walking all jobs. */
export type JobLabelRow = { name: string; value: string; created_at: bigint; job_key: number }
type Key = Pick<JobLabelRow, 'job_key'>

/** A job's place in the order of creation. */
export type Created = { at: bigint; key: number }

export class JobLabelsTable {
  readonly #insert: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #walks: Record<string, SqlStatement<Key>>

  constructor(database: SqlDatabase) {
    const row = {
      name: value('name'),
      value: value('value'),
      created_at: value('created_at'),
      job_key: value('job_key'),
    }
    const names = 'name, value, created_at, job_key'
    this.#insert = prepare(database, query.insertInto('job_labels').values(row), names)
    const removal = query.deleteFrom('job_labels').where('name', '=', value('name')).where('value', '=', value('value'))
    const ofJob = removal.where('created_at', '=', value('created_at')).where('job_key', '=', value('job_key'))
    this.#remove = prepare(database, ofJob, names)
    this.#walks = Object.fromEntries(
      [true, false].flatMap((isReversed) =>
        [true, false].map((isContinued) => [
          walkName(isReversed, isContinued),
          walkStatement(database, isReversed, isContinued),
        ]),
      ),
    )
  }

  insert(jobKey: number, createdAt: bigint, labels: Readonly<Record<string, string>>): void {
    for (const name in labels) this.#insert.run(name, labels[name] as string, createdAt, jobKey)
  }

  remove(jobKey: number, createdAt: bigint, labels: Readonly<Record<string, string>>): void {
    for (const name in labels) this.#remove.run(name, labels[name] as string, createdAt, jobKey)
  }

  /** Keys of jobs with this label in the order of their creation, at most `limit`, from behind a place on. */
  keys(name: string, labelValue: string, limit: number, walk: { isReversed: boolean; after?: Created }): number[] {
    const values: SqlValue[] = [name, labelValue]
    if (walk.after) values.push(walk.after.at, walk.after.key)
    const statement = this.#walks[walkName(walk.isReversed, walk.after !== undefined)] as SqlStatement<Key>
    return statement.all(...values, limit).map((row) => row.job_key)
  }
}

const walkName = (isReversed: boolean, isContinued: boolean): string => `${isReversed} ${isContinued}`

function walkStatement(database: SqlDatabase, isReversed: boolean, isContinued: boolean): SqlStatement<Key> {
  const direction = isReversed ? 'desc' : 'asc'
  let labelled = query
    .selectFrom('job_labels')
    .select('job_key')
    .where('name', '=', value('name'))
    .where('value', '=', value('value'))
  if (isContinued)
    labelled = labelled.where((row) =>
      row(row.refTuple('created_at', 'job_key'), isReversed ? '<' : '>', row.tuple(value('at'), value('key'))),
    )
  const ordered = labelled.orderBy('created_at', direction).orderBy('job_key', direction).limit(value('limit'))
  return prepare(database, ordered, `name, value, ${isContinued ? 'at, key, ' : ''}limit`)
}
