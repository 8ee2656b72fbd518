import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Frame, FramesAck } from '#models/messages/messages.ts'

/** Applies one message; `inbox` must be part of the change it commits. */
export type Apply<Message> = (message: Message, inbox: NonNullable<Change['inbox']>) => Promise<CommitOutcome>

const conflictLimit = 20

/** Takes the frames of one peer: in order, each applied once, one batch at a time. */
export class Receiver<Message> {
  readonly #peer: string
  readonly #store: Store
  readonly #apply: Apply<Message>
  readonly #waitsForDisk: boolean
  #turn: Promise<unknown> = Promise.resolve()

  constructor(peer: string, store: Store, apply: Apply<Message>, options: { sharesStore: boolean }) {
    this.#peer = peer
    this.#store = store
    this.#apply = apply
    this.#waitsForDisk = !options.sharesStore
  }

  deliver(linkId: string, frames: readonly Frame<Message>[]): Promise<FramesAck> {
    const batch = this.#turn.then(() => this.#deliverNow(linkId, frames))
    this.#turn = batch.catch(() => {})
    return batch
  }

  async #deliverNow(linkId: string, frames: readonly Frame<Message>[]): Promise<FramesAck> {
    // Each group of commits is waited for by itself: after a lost one, nothing would be left to wait for.
    const stored = [this.#store.settled()]
    let lastSeq = await this.#store.inboxSeq(this.#peer, linkId)
    for (const frame of frames) {
      if (frame.Seq <= lastSeq) continue
      if (frame.Seq > lastSeq + 1 && !frame.HasGaps) break
      const inbox = { peer: this.#peer, senderStoreId: linkId, seq: frame.Seq, ...(frame.HasGaps && { hasGaps: true }) }
      const { durable } = await this.#applyOne(frame, inbox)
      stored.push(durable)
      lastSeq = frame.Seq
    }
    if (this.#waitsForDisk) await Promise.all(stored)
    return { LastSeq: lastSeq }
  }

  /** Resolves when it is applied, with what resolves when that is on disk. */
  async #applyOne(frame: Frame<Message>, inbox: NonNullable<Change['inbox']>): Promise<{ durable: Promise<void> }> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#apply(frame.Message, inbox)
      if (outcome.kind === 'applied') return { durable: outcome.durable }
      if (outcome.kind === 'duplicate') return { durable: this.#store.settled() }
      if (attempt === conflictLimit) throw new Error(`message ${frame.Seq} of ${this.#peer}: ${outcome.what}`)
    }
  }
}
