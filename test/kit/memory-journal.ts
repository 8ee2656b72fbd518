import type { Journal, JournalEntry } from '#contracts/journal.ts'

/** A journal that outlives whoever uses it, as its file would. */
export class MemoryJournal implements Journal {
  #entries: JournalEntry[] = []

  entries(): JournalEntry[] {
    return [...this.#entries]
  }

  append(entry: JournalEntry): void {
    this.#entries.push(entry)
  }

  clear(): void {
    this.#entries = []
  }

  close(): void {}
}
