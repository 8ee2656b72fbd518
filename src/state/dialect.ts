/** What the SQL products say differently. Everything else in this folder is the same text for all of them. */
export type Dialect = {
  /** A 64-bit number that we give out ourselves. */
  integerKey: string
  int64: string
  /** Ends a table that is stored in the order of its primary key. */
  clustered: string
}

export const sqlite: Dialect = { integerKey: 'integer primary key', int64: 'integer', clustered: 'without rowid' }
