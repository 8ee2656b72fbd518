import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { Dialect } from '../dialect.ts'
import { prepare, query, value } from '../queries.ts'

export type NamedValueRow = { name: string; value: string }

/**
 * A table of texts under names. `facts`: small things a role remembers. `meta`: what the database says of itself, its
 * schema version, the program that wrote it, the store's identity.
 */
export class NamedValues {
  readonly #get: SqlStatement<Pick<NamedValueRow, 'value'>>
  readonly #put: SqlStatement<unknown>

  /** The one table that is there before the first migration. */
  static createMeta(database: SqlDatabase, { clustered }: Dialect): void {
    database.exec(`create table if not exists meta (name text not null primary key, value text not null) ${clustered}`)
  }

  constructor(database: SqlDatabase, table: 'facts' | 'meta') {
    this.#get = prepare(database, query.selectFrom(table).select('value').where('name', '=', value('name')), 'name')
    const insert = query.insertInto(table).values({ name: value('name'), value: value('value') })
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
