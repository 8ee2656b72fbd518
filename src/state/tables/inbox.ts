import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** How far each sender's messages have been applied. A sender with a new store starts again at 1. */
export type InboxRow = { peer: string; sender_store_id: string; seq: number }

/** `isWhole`: the table has no other rows of this peer, so none is looked for. */
type Known = { isWhole: boolean; rows: InboxRow[] }

const rowsLimit = 16_384

export class InboxTable {
  readonly #get: SqlStatement<Pick<InboxRow, 'seq'>>
  readonly #put: SqlStatement<unknown>
  readonly #reset: SqlStatement<unknown>
  readonly #known = new Map<string, Known>()
  #knownRows = 0
  /** Those that are not written; they are when the tables are. */
  readonly #changed = new Set<InboxRow>()

  constructor(database: SqlDatabase) {
    const select = query.selectFrom('inbox').select('seq')
    this.#get = prepare(
      database,
      select.where('peer', '=', value('peer')).where('sender_store_id', '=', value('sender')),
      'peer, sender',
    )
    const insert = query
      .insertInto('inbox')
      .values({ peer: value('peer'), sender_store_id: value('sender'), seq: value('seq') })
    const upsert = insert.onConflict((conflict) =>
      conflict.columns(['peer', 'sender_store_id']).doUpdateSet({ seq: (row) => row.ref('excluded.seq') }),
    )
    this.#put = prepare(database, upsert, 'peer, sender, seq')
    this.#reset = prepare(database, query.deleteFrom('inbox').where('peer', '=', value('peer')), 'peer')
  }

  seq(peer: string, senderStoreId: string): number {
    return this.#row(peer, senderStoreId).seq
  }

  put(peer: string, senderStoreId: string, seq: number): void {
    const row = this.#row(peer, senderStoreId)
    row.seq = seq
    this.#changed.add(row)
  }

  /** When the tables are written to disk. */
  write(): void {
    for (const { peer, sender_store_id, seq } of this.#changed) this.#put.run(peer, sender_store_id, seq)
    this.#changed.clear()
  }

  reset(peer: string): void {
    const { rows } = this.#knownOf(peer)
    for (const row of rows) this.#changed.delete(row)
    this.#knownRows -= rows.length
    this.#reset.run(peer)
    this.#known.set(peer, { isWhole: true, rows: [] })
  }

  /** After a rollback. */
  forget(): void {
    this.#forgetKnown()
    this.#changed.clear()
  }

  #row(peer: string, senderStoreId: string): InboxRow {
    const { isWhole, rows } = this.#knownOf(peer)
    const known = rows.find((row) => row.sender_store_id === senderStoreId)
    if (known) return known
    const seq = isWhole ? 0 : (this.#get.get(peer, senderStoreId)?.seq ?? 0)
    const row = { peer, sender_store_id: senderStoreId, seq }
    if (this.#knownRows >= rowsLimit && this.#changed.size === 0) this.#forgetKnown()
    this.#knownOf(peer).rows.push(row)
    this.#knownRows += 1
    return row
  }

  #knownOf(peer: string): Known {
    const known = this.#known.get(peer) ?? { isWhole: false, rows: [] }
    this.#known.set(peer, known)
    return known
  }

  #forgetKnown(): void {
    this.#known.clear()
    this.#knownRows = 0
  }
}
