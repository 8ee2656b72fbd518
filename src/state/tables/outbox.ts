import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { OutboxMessage, OutboxRow } from '#contracts/store.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { prepare, query, value } from '../queries.ts'
import type { JobReferences } from './job-references.ts'
import { shortExecution, wholeExecution } from './short-execution.ts'

/** What a peer has not yet said it has applied. */
export type OutboxTableRow = {
  peer: string
  seq: number
  /** JSON; the specification of an order's job is referred to. */
  message: string
  version_key: number | null
}
/** Numbers go on where they were when the rows are gone. */
export type OutboxPeerRow = { peer: string; acked_seq: number }

export class OutboxTable {
  readonly #references: JobReferences
  readonly #insert: SqlStatement<unknown>
  readonly #page: SqlStatement<Omit<OutboxTableRow, 'peer'>>
  readonly #remove: SqlStatement<unknown>
  readonly #reset: SqlStatement<unknown>
  readonly #lastSeq: SqlStatement<{ seq: number | null }>
  readonly #ackedSeq: SqlStatement<Pick<OutboxPeerRow, 'acked_seq'>>
  readonly #putAcked: SqlStatement<unknown>
  readonly #resetPeer: SqlStatement<unknown>
  /** Last number given per peer, so that an append reads nothing. */
  #last = new Map<string, number>()

  constructor(database: SqlDatabase, references: JobReferences) {
    this.#references = references
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
    const seq = this.#lastOf(peer) + 1
    const stored = this.#shorten(message)
    this.#insert.run(peer, seq, exactJson(stored.message), stored.versionKey)
    this.#last.set(peer, seq)
    return { peer, seq, message }
  }

  page(peer: string, afterSeq: number, limit: number): OutboxRow[] {
    return this.#page.all(peer, afterSeq, limit).map((row) => ({ peer, seq: row.seq, message: this.#whole(row) }))
  }

  /** A peer cannot have applied what was never sent: a higher number counts as the last one. */
  acked(peer: string, seq: number): void {
    const known = Math.min(seq, this.#lastOf(peer))
    if (known <= this.#ackedOf(peer)) return
    this.#remove.run(peer, known)
    this.#putAcked.run(peer, known)
  }

  reset(peer: string): void {
    this.#reset.run(peer)
    this.#resetPeer.run(peer)
    this.#last.delete(peer)
  }

  /** After a rollback. */
  forget(): void {
    this.#last.clear()
  }

  #lastOf(peer: string): number {
    let last = this.#last.get(peer)
    if (last === undefined) {
      last = this.#lastSeq.get(peer)?.seq ?? this.#ackedOf(peer)
      this.#last.set(peer, last)
    }
    return last
  }

  #ackedOf(peer: string): number {
    return this.#ackedSeq.get(peer)?.acked_seq ?? 0
  }

  #whole(row: Pick<OutboxTableRow, 'message' | 'version_key'>): OutboxMessage {
    const message = parseExact<OutboxMessage>(row.message)
    if (message.Kind !== 'AskForBid') return message
    const { Execution, Job } = message.Body
    const job = this.#references.restore(Job, row.version_key)
    if (!job) return { Kind: 'CancelExecution', Body: { ExecutionID: Execution.ID, Reason: removedText } }
    return { ...message, Body: { ...message.Body, Execution: wholeExecution(Execution), Job: job } }
  }

  #shorten(message: OutboxMessage): { message: unknown; versionKey: number | null } {
    if (message.Kind !== 'AskForBid') return { message, versionKey: null }
    const { job, versionKey } = this.#references.shorten(message.Body.Job)
    const body = { ...message.Body, Execution: shortExecution(message.Body.Execution), Job: job }
    return { message: { Kind: message.Kind, Body: body }, versionKey }
  }
}

/** An order that its node never took, and whose job is gone: its number is sent all the same, with what is left of it. */
const removedText = 'the job was removed'

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
