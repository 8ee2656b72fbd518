/** What the SQL products say differently. Everything else in this folder is the same text for all of them. */
export type Dialect = {
  /** A 64-bit number that we give out ourselves. */
  integerKey: string
  int64: string
  /** Ends a table that is stored in the order of its primary key. */
  clustered: string
  /** See IdIndex: how many new ids wait in the writer's memory. 0 where other processes read the tables too. */
  waitingIds: number
}

export const sqlite: Dialect = {
  integerKey: 'integer primary key',
  int64: 'integer',
  clustered: 'without rowid',
  waitingIds: 4_096,
}
