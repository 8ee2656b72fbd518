import type { OutboxMessage, OutboxRow, Store } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { Frame, FramesAck } from '#models/messages/messages.ts'

/** Hands frames to the peer and tells how far it has applied them. */
export type Deliver = (frames: readonly Frame<OutboxMessage>[]) => Promise<FramesAck>

export type SenderParts = {
  peer: string
  store: Store
  clock: Clock
  /** The peer has applied all up to there. */
  acked: (seq: number) => void
  /** False = the peer shares our store, so it may see what is not durable yet. */
  waitsForDisk: boolean
}

const batchLimit = 256
/** A node is sent orders while the answer to its handshake is still on its way to it. */
const firstRetryMs = 10
const lastRetryMs = 5_000

/**
 * Sends one peer's outbox in order, one batch at a time; what arrives meanwhile makes the next batch. A batch that
 * fails is sent again after a growing pause. Rows leave the outbox when the peer says it has applied them.
 */
export class Sender {
  readonly #parts: SenderParts
  #deliver: Deliver | undefined
  #ackedSeq: number | undefined
  #fresh: OutboxRow[] = []
  /** Rows may be in the store that are not in `fresh`. */
  #isBehind = true
  /** How often rows may have vanished. */
  #restarts = 0
  #isSending = false
  #round: Promise<void> = Promise.resolve()
  #failures = 0
  #retry: Timer | undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** The peer can be reached. */
  connect(deliver: Deliver): void {
    this.#deliver = deliver
    this.#failures = 0
    this.#endPause()
    this.#reload()
    this.#pump()
  }

  disconnect(): void {
    this.#deliver = undefined
    this.#endPause()
    this.#reload()
  }

  /** Rows may have vanished under us: what is in memory is read again, and sent. */
  restart(): void {
    this.#restarts += 1
    this.#reload()
    this.#pump()
  }

  /** Resolves when nothing is under way: all is with the peer, or it cannot be reached now. */
  async resting(): Promise<void> {
    while (this.#isSending) await this.#round
  }

  #reload(): void {
    this.#fresh = []
    this.#isBehind = true
    this.#ackedSeq = undefined
  }

  /** Rows that a commit has just appended. */
  offer(rows: readonly OutboxRow[]): void {
    if (!this.#deliver) return
    if (this.#fresh.length + rows.length > 4 * batchLimit) this.#reload()
    else this.#fresh.push(...rows)
    this.#pump()
  }

  /** What comes in the pause after a failure waits for its end: sent at once it would fail too, and make the pause longer. */
  #pump(): void {
    if (this.#isSending || this.#retry || !this.#deliver) return
    this.#isSending = true
    this.#round = this.#sendAll().then(
      () => {
        this.#isSending = false
        this.#failures = 0
        if (this.#deliver && (this.#fresh.length > 0 || this.#isBehind)) this.#pump()
      },
      () => {
        this.#isSending = false
        this.#reload()
        this.#retryLater()
      },
    )
  }

  async #sendAll(): Promise<void> {
    const { store, waitsForDisk } = this.#parts
    while (this.#deliver) {
      const restarts = this.#restarts
      const rows = await this.#nextRows()
      if (rows.length === 0) return
      if (waitsForDisk) await store.settled()
      const deliver = this.#deliver
      if (!deliver) return
      if (restarts !== this.#restarts) continue
      const ack = await deliver(rows.map((row) => ({ Seq: row.seq, Message: row.message })))
      // A group of commits was lost meanwhile: with these rows, or with what a peer on our own store made of them.
      // Or the peer is gone, and may count anew when it comes back.
      if (restarts !== this.#restarts || deliver !== this.#deliver) continue
      this.#onAck(ack.LastSeq, rows)
    }
  }

  async #nextRows(): Promise<OutboxRow[]> {
    if (this.#isBehind) {
      const rows = await this.#parts.store.outbox(this.#parts.peer, this.#ackedSeq ?? 0, batchLimit)
      this.#isBehind = rows.length === batchLimit
      const last = rows.at(-1)
      this.#fresh = last ? this.#fresh.filter((row) => row.seq > last.seq) : this.#fresh
      if (rows.length > 0) return rows
    }
    return this.#fresh.splice(0, batchLimit)
  }

  #onAck(lastSeq: number, sent: readonly OutboxRow[]): void {
    const lastSent = sent.at(-1)?.seq ?? 0
    this.#ackedSeq = lastSeq
    this.#parts.acked(lastSeq)
    if (lastSeq < lastSent) throw new Error('the peer applied only a part')
  }

  #retryLater(): void {
    if (!this.#deliver) return
    const pauseMs = Math.min(lastRetryMs, firstRetryMs * 2 ** this.#failures)
    this.#failures += 1
    this.#retry = this.#parts.clock.after(pauseMs, () => {
      this.#endPause()
      this.#pump()
    })
  }

  #endPause(): void {
    this.#retry?.stop()
    this.#retry = undefined
  }
}
