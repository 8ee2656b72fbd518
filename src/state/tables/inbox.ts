import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** How far each sender's messages have been applied. A sender with a new store starts again at 1. */
export type InboxRow = { peer: string; sender_store_id: string; seq: number }

const rowsLimit = 10_000

export class InboxTable {
  readonly #get: SqlStatement<Pick<InboxRow, 'seq'>>
  readonly #put: SqlStatement<unknown>
  readonly #reset: SqlStatement<unknown>
  /** By peer and sender. */
  readonly #seqs = new Map<string, InboxRow>()
  /** Those that are not written; they are with their group of commits. */
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

  /** Before the group is committed. */
  write(): void {
    for (const { peer, sender_store_id, seq } of this.#changed) this.#put.run(peer, sender_store_id, seq)
    this.#changed.clear()
  }

  reset(peer: string): void {
    this.write()
    this.#reset.run(peer)
    this.#seqs.clear()
  }

  /** After a rollback. */
  forget(): void {
    this.#seqs.clear()
    this.#changed.clear()
  }

  #row(peer: string, senderStoreId: string): InboxRow {
    const key = `${peer.length} ${peer}${senderStoreId}`
    const known = this.#seqs.get(key)
    if (known) return known
    const row = { peer, sender_store_id: senderStoreId, seq: this.#get.get(peer, senderStoreId)?.seq ?? 0 }
    if (this.#seqs.size >= rowsLimit && this.#changed.size === 0) this.#seqs.clear()
    this.#seqs.set(key, row)
    return row
  }
}
