import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** Which jobs carry a label, so that a rare one is found without walking all jobs. */
export type JobLabelRow = { name: string; value: string; job_key: number }

export class JobLabelsTable {
  readonly #insert: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>
  readonly #keys: SqlStatement<Pick<JobLabelRow, 'job_key'>>

  constructor(database: SqlDatabase) {
    const row = { name: value('name'), value: value('value'), job_key: value('job_key') }
    this.#insert = prepare(database, query.insertInto('job_labels').values(row), 'name, value, job_key')
    const removal = query.deleteFrom('job_labels').where('name', '=', value('name')).where('value', '=', value('value'))
    this.#remove = prepare(database, removal.where('job_key', '=', value('job_key')), 'name, value, job_key')
    const labelled = query.selectFrom('job_labels').select('job_key').where('name', '=', value('name'))
    this.#keys = prepare(
      database,
      labelled.where('value', '=', value('value')).limit(value('limit')),
      'name, value, limit',
    )
  }

  insert(jobKey: number, labels: Readonly<Record<string, string>>): void {
    for (const name in labels) this.#insert.run(name, labels[name] as string, jobKey)
  }

  remove(jobKey: number, labels: Readonly<Record<string, string>>): void {
    for (const name in labels) this.#remove.run(name, labels[name] as string, jobKey)
  }

  /** Keys of jobs with this label, at most `limit`. */
  keys(name: string, labelValue: string, limit: number): number[] {
    return this.#keys.all(name, labelValue, limit).map((row) => row.job_key)
  }
}
