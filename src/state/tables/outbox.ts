import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { OutboxMessage, OutboxRow } from '#contracts/store.ts'
import { prepare, query, value } from '../queries.ts'
import type { StoredMessages } from './stored-messages.ts'

/** What a peer has not yet said it has applied. */
export type OutboxTableRow = {
  peer: string
  seq: number
  /** `StoredMessage` in JSON. */
  message: string
  version_key: number | null
}
/** Numbers go on where they were when the rows are gone. */
export type OutboxPeerRow = { peer: string; acked_seq: number }

/** How far one peer's outbox is, here and in the tables. */
type Peer = { last: number; acked: number; storedLast: number; storedAcked: number; fresh: OutboxRow[] }

/**
 * What is appended is written when the tables are; most messages have been applied by then, and are never written.
 */
export class OutboxTable {
  readonly #messages: StoredMessages
  readonly #insert: SqlStatement<unknown>
  readonly #page: SqlStatement<Omit<OutboxTableRow, 'peer'>>
  readonly #remove: SqlStatement<unknown>
  readonly #reset: SqlStatement<unknown>
  readonly #lastSeq: SqlStatement<{ seq: number | null }>
  readonly #ackedSeq: SqlStatement<Pick<OutboxPeerRow, 'acked_seq'>>
  readonly #putAcked: SqlStatement<unknown>
  readonly #resetPeer: SqlStatement<unknown>
  readonly #peers = new Map<string, Peer>()
  /** Those of which something is not written. */
  readonly #changed = new Set<string>()

  constructor(database: SqlDatabase, messages: StoredMessages) {
    this.#messages = messages
    const rows = query.selectFrom('outbox').where('peer', '=', value('peer'))
    const removal = query.deleteFrom('outbox').where('peer', '=', value('peer'))
    this.#insert = prepare(database, insertQuery(), 'peer, seq, message, version_key')
    this.#page = prepare(
      database,
      rows
        .select(['seq', 'message', 'version_key'])
        .where('seq', '>', value('after'))
        .orderBy('seq')
        .limit(value('limit')),
      'peer, after, limit',
    )
    this.#remove = prepare(database, removal.where('seq', '<=', value('seq')), 'peer, seq')
    this.#reset = prepare(database, removal, 'peer')
    this.#lastSeq = prepare(
      database,
      rows.select((row) => row.fn.max('seq').as('seq')),
      'peer',
    )
    this.#ackedSeq = prepare(
      database,
      query.selectFrom('outbox_peers').select('acked_seq').where('peer', '=', value('peer')),
      'peer',
    )
    this.#putAcked = prepare(database, putAckedQuery(), 'peer, acked_seq')
    this.#resetPeer = prepare(database, query.deleteFrom('outbox_peers').where('peer', '=', value('peer')), 'peer')
  }

  append(peer: string, message: OutboxMessage): OutboxRow {
    const known = this.#peer(peer)
    known.last += 1
    const row = { peer, seq: known.last, message }
    known.fresh.push(row)
    this.#changed.add(peer)
    return row
  }

  /** What is not written yet is read from memory: a read that wrote could fail in the midst of other changes. */
  page(peer: string, afterSeq: number, limit: number): OutboxRow[] {
    const { acked, fresh, storedLast } = this.#peer(peer)
    const from = Math.max(afterSeq, acked)
    const rows = storedLast > from ? this.#page.all(peer, from, limit) : []
    const stored = rows.map((row) => ({
      peer,
      seq: row.seq,
      message: this.#messages.whole(row.message, row.version_key),
    }))
    return [...stored, ...fresh.filter((row) => row.seq > afterSeq)].slice(0, limit)
  }

  /** A peer cannot have applied what was never sent: a higher number counts as the last one. */
  acked(peer: string, seq: number): void {
    const known = this.#peer(peer)
    const acked = Math.min(seq, known.last)
    if (acked <= known.acked) return
    known.acked = acked
    known.fresh = known.fresh.filter((row) => row.seq > acked)
    this.#changed.add(peer)
  }

  /** When the tables are written to disk. */
  write(): void {
    for (const peer of this.#changed) this.#write(peer, this.#peer(peer))
    this.#changed.clear()
    this.#messages.forgetLast()
  }

  reset(peer: string): void {
    this.#reset.run(peer)
    this.#resetPeer.run(peer)
    this.#peers.delete(peer)
    this.#changed.delete(peer)
  }

  /** After a rollback. */
  forget(): void {
    this.#peers.clear()
    this.#changed.clear()
  }

  #peer(peer: string): Peer {
    const known = this.#peers.get(peer)
    if (known) return known
    const acked = this.#ackedSeq.get(peer)?.acked_seq ?? 0
    const last = this.#lastSeq.get(peer)?.seq ?? acked
    const read: Peer = { last, acked, storedLast: last, storedAcked: acked, fresh: [] }
    this.#peers.set(peer, read)
    return read
  }

  #write(peer: string, known: Peer): void {
    if (known.acked > known.storedAcked) {
      if (known.storedLast > known.storedAcked) this.#remove.run(peer, known.acked)
      this.#putAcked.run(peer, known.acked)
      known.storedAcked = known.acked
    }
    for (const row of known.fresh) {
      const stored = this.#messages.shorten(row.message)
      this.#insert.run(peer, row.seq, stored.text, stored.versionKey)
      known.storedLast = row.seq
    }
    known.fresh = []
  }
}

const insertQuery = () =>
  query.insertInto('outbox').values({
    peer: value('peer'),
    seq: value('seq'),
    message: value('message'),
    version_key: value('version_key'),
  })

const putAckedQuery = () =>
  query
    .insertInto('outbox_peers')
    .values({ peer: value('peer'), acked_seq: value('acked_seq') })
    .onConflict((conflict) =>
      conflict.column('peer').doUpdateSet({ acked_seq: (row) => row.ref('excluded.acked_seq') }),
    )
