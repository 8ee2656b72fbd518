import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** Small things a role remembers under a name. */
export type FactRow = { name: string; value: string }

export class FactsTable {
  readonly #get: SqlStatement<Pick<FactRow, 'value'>>
  readonly #put: SqlStatement<unknown>

  constructor(database: SqlDatabase) {
    this.#get = prepare(database, query.selectFrom('facts').select('value').where('name', '=', value('name')), 'name')
    const insert = query.insertInto('facts').values({ name: value('name'), value: value('value') })
    const upsert = insert.onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value: (row) => row.ref('excluded.value') }),
    )
    this.#put = prepare(database, upsert, 'name, value')
  }

  get(name: string): string | undefined {
    return this.#get.get(name)?.value
  }

  put(name: string, text: string): void {
    this.#put.run(name, text)
  }
}
