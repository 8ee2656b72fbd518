/** Changes that became durable together. */
export type JournalEntry = {
  /** The store whose changes they are. */
  storeId: string
  /** 1, 2, 3 … over the whole life of that store. */
  number: number
  /** As their store writes them down: of plain values, which only that store reads. */
  changes: readonly unknown[]
}

/**
 * What a store has decided since its tables were last written: what makes a change durable, and what brings the tables up to it
 * after a crash. Every call throws a Fault when the world fails: StorageFull, or ServiceUnavailable.
 */
export interface Journal {
  /** What was appended since `clear`, in order, as far as it is whole; older entries may come before it. */
  entries(): JournalEntry[]
  /** On disk, synced, when it returns. When it throws, the entry is not there. */
  append(entry: JournalEntry): void
  /** The tables on disk have all of it. */
  clear(): void
  close(): void
}
