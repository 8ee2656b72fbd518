import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { prepare, query, value } from '../queries.ts'

/** How far each sender's messages have been applied. A sender with a new store starts again at 1. */
export type InboxRow = { peer: string; sender_store_id: string; seq: number }

export class InboxTable {
  readonly #get: SqlStatement<Pick<InboxRow, 'seq'>>
  readonly #put: SqlStatement<unknown>
  readonly #reset: SqlStatement<unknown>

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
    return this.#get.get(peer, senderStoreId)?.seq ?? 0
  }

  put(peer: string, senderStoreId: string, seq: number): void {
    this.#put.run(peer, senderStoreId, seq)
  }

  reset(peer: string): void {
    this.#reset.run(peer)
  }
}
