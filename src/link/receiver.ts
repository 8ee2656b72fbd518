import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Frame, FramesAck } from '#models/messages/messages.ts'

/** That messages are applied; those of a peer on our own store leave its outbox by it. */
export type Receipt = Required<Pick<Change, 'inbox'>> & Pick<Change, 'acked'>
/** Applies messages in one change, of which the receipt must be a part. */
export type Apply<Message> = (messages: readonly Message[], receipt: Receipt) => Promise<CommitOutcome>

export type ReceiverOptions = {
  /** The peer writes into our store: the name of its outbox to us there. */
  sharedOutbox?: string | undefined
  /** How many messages may be applied in one change. Default 1. */
  together?: number
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

  constructor(peer: string, store: Store, apply: Apply<Message>, options: ReceiverOptions = {}) {
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
    for (const next of inTurn(frames, lastSeq, this.#options.together ?? 1)) {
      const { durable } = await this.#applyOnce(next, linkId)
      stored.push(durable)
      lastSeq = lastOf(next).Seq
    }
    if (this.#options.sharedOutbox === undefined) await Promise.all(stored)
    return { LastSeq: lastSeq }
  }

  /** Resolves when they are applied, with what resolves when that is on disk. */
  async #applyOnce(frames: Frames<Message>, linkId: string): Promise<{ durable: Promise<void> }> {
    const receipt = this.#receiptOf(frames, linkId)
    const messages = frames.map(({ Message }) => Message)
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#apply(messages, receipt)
      if (outcome.kind === 'applied') return { durable: outcome.durable }
      if (outcome.kind === 'duplicate') return { durable: this.#store.settled() }
      // What was applied before it was rolled back: the peer sends it again.
      if (attempt === conflictLimit)
        throw new Fault('Conflict', `message ${receipt.inbox.seq} of ${this.#peer}: ${outcome.what}`, {
          isRetryable: true,
        })
    }
  }

  #receiptOf(frames: Frames<Message>, senderStoreId: string): Receipt {
    const { sharedOutbox } = this.#options
    const { Seq: seq } = lastOf(frames)
    const inbox = {
      peer: this.#peer,
      senderStoreId,
      seq,
      ...(frames.length > 1 && { first: frames[0].Seq }),
      ...(frames[0].HasGaps && { hasGaps: true }),
    }
    return sharedOutbox === undefined ? { inbox } : { inbox, acked: [{ peer: sharedOutbox, seq }] }
  }
}

type Frames<Message> = readonly [Frame<Message>, ...Frame<Message>[]]

const lastOf = <Message>(frames: Frames<Message>): Frame<Message> => frames.at(-1) ?? frames[0]

/** Those that follow what was applied, without a gap, so many at a time. */
function* inTurn<Message>(all: readonly Frame<Message>[], lastSeq: number, most: number): Iterable<Frames<Message>> {
  let last = lastSeq
  let turn: Frame<Message>[] = []
  for (const frame of all) {
    if (frame.Seq <= last) continue
    if (frame.Seq > last + 1 && !frame.HasGaps) break
    last = frame.Seq
    turn.push(frame)
    if (turn.length < most) continue
    yield turn as unknown as Frames<Message>
    turn = []
  }
  if (turn.length > 0) yield turn as unknown as Frames<Message>
}

const whySkipped = (frames: readonly { Seq: number }[], lastSeq: number): string | undefined => {
  const [first, last] = [frames[0], frames.at(-1)]
  if (!first || !last) return undefined
  if (last.Seq <= lastSeq) return 'they had come before'
  return first.Seq > lastSeq + 1 ? 'one before them is missing' : undefined
}
