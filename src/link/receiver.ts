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

  deliver(senderStoreId: string, frames: readonly Frame<Message>[]): Promise<FramesAck> {
    const batch = this.#turn.then(() => this.#deliverNow(senderStoreId, frames))
    this.#turn = batch.catch(() => {})
    return batch
  }

  async #deliverNow(senderStoreId: string, frames: readonly Frame<Message>[]): Promise<FramesAck> {
    let lastSeq = await this.#store.inboxSeq(this.#peer, senderStoreId)
    for (const frame of frames) {
      if (frame.Seq <= lastSeq) continue
      if (frame.Seq > lastSeq + 1) break
      await this.#applyOne(frame, { peer: this.#peer, senderStoreId, seq: frame.Seq })
      lastSeq = frame.Seq
    }
    if (this.#waitsForDisk) await this.#store.settled()
    return { LastSeq: lastSeq }
  }

  async #applyOne(frame: Frame<Message>, inbox: NonNullable<Change['inbox']>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#apply(frame.Message, inbox)
      if (outcome.kind !== 'conflict') return
      if (attempt === conflictLimit) throw new Error(`message ${frame.Seq} of ${this.#peer}: ${outcome.what}`)
    }
  }
}
