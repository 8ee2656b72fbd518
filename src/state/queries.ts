import { type Compilable, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { Tables } from './tables/tables.ts'

/** Builds the text of queries; it never runs one. */
export const query = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

/**
 * A value that is given when the statement runs. Values are bound in the order in which they stand in the query;
 * the name is for the reader, and `prepare` checks it.
 */
export const value = (name: string): any => new Placeholder(name)

class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Rows of an exact statement: every integer is a bigint. */
export type Exact<Row> = {
  [Column in keyof Row]: number extends Row[Column] ? bigint | Exclude<Row[Column], number> : Row[Column]
}

/** Compiles once. `names` = the values in the order of the text, comma separated. */
export function prepare<Row>(database: SqlDatabase, built: Compilable<Row>, names: string): SqlStatement<Row> {
  return database.prepare<Row>(textOf(built, names), { isExact: false })
}

/** For rows with nanoseconds in them. */
export function prepareExact<Row>(
  database: SqlDatabase,
  built: Compilable<Row>,
  names: string,
): SqlStatement<Exact<Row>> {
  return database.prepare<Exact<Row>>(textOf(built, names), { isExact: true })
}

function textOf(built: Compilable<unknown>, names: string): string {
  const { sql, parameters } = built.compile()
  const found = parameters.map((parameter) => (parameter instanceof Placeholder ? parameter.name : '?')).join(', ')
  if (found !== names) throw new Error(`values are ${found}, not ${names}: ${sql}`)
  return sql
}
