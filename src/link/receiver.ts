import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Frame, FramesAck } from '#models/messages/messages.ts'

/** Applies one message; `inbox` must be part of the change it commits. */
export type Apply<Message> = (message: Message, inbox: NonNullable<Change['inbox']>) => Promise<CommitOutcome>

export type ReceiverOptions = {
  /** The peer writes into our store. */
  sharesStore: boolean
  /** Nothing of a batch could be applied, and why: the answer to an earlier one was lost, or the peer counts wrongly. */
  onSkipped?: (why: string) => void
}

const conflictLimit = 20

/** Takes the frames of one peer: in order, each applied once, one batch at a time. */
export class Receiver<Message> {
  readonly #peer: string
  readonly #store: Store
  readonly #apply: Apply<Message>
  readonly #options: ReceiverOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(peer: string, store: Store, apply: Apply<Message>, options: ReceiverOptions) {
    this.#peer = peer
    this.#store = store
    this.#apply = apply
    this.#options = options
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
    const why = whySkipped(frames, lastSeq)
    if (why !== undefined) this.#options.onSkipped?.(why)
    for (const frame of frames) {
      if (frame.Seq <= lastSeq) continue
      if (frame.Seq > lastSeq + 1 && !frame.HasGaps) break
      const inbox = { peer: this.#peer, senderStoreId: linkId, seq: frame.Seq, ...(frame.HasGaps && { hasGaps: true }) }
      const { durable } = await this.#applyOne(frame, inbox)
      stored.push(durable)
      lastSeq = frame.Seq
    }
    if (!this.#options.sharesStore) await Promise.all(stored)
    return { LastSeq: lastSeq }
  }

  /** Resolves when it is applied, with what resolves when that is on disk. */
  async #applyOne(frame: Frame<Message>, inbox: NonNullable<Change['inbox']>): Promise<{ durable: Promise<void> }> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#apply(frame.Message, inbox)
      if (outcome.kind === 'applied') return { durable: outcome.durable }
      if (outcome.kind === 'duplicate') return { durable: this.#store.settled() }
      // What was applied before it was rolled back: the peer sends it again.
      if (attempt === conflictLimit)
        throw new Fault('Conflict', `message ${frame.Seq} of ${this.#peer}: ${outcome.what}`, { isRetryable: true })
    }
  }
}

const whySkipped = (frames: readonly { Seq: number }[], lastSeq: number): string | undefined => {
  const [first, last] = [frames[0], frames.at(-1)]
  if (!first || !last) return undefined
  if (last.Seq <= lastSeq) return 'they had come before'
  return first.Seq > lastSeq + 1 ? 'one before them is missing' : undefined
}
