/** What a column holds. Integers that are read come as `number`, or as `bigint` from an exact statement. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** A statement that was compiled once. Values bind to its placeholders in the order of the text. */
export interface SqlStatement<Row> {
  /** How many rows were changed. */
  run(...values: readonly SqlValue[]): number
  all(...values: readonly SqlValue[]): Row[]
  get(...values: readonly SqlValue[]): Row | undefined
}

/**
 * One open SQL database with one writer, which is us. Every call throws a Fault when the world fails: StorageFull,
 * or ServiceUnavailable (I/O error, damaged file). A wrong statement or a broken constraint is a bug.
 */
export interface SqlDatabase {
  /** `isExact`: every integer of the rows is a `bigint`; needed where nanoseconds are read. */
  prepare<Row>(sql: string, options: { isExact: boolean }): SqlStatement<Row>
  /** Runs statements that give no rows, one after the other. */
  exec(sql: string): void
  /** False also when a failure has ended the transaction behind our back. */
  isInTransaction(): boolean
  close(): void
}
