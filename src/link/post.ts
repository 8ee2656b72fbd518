import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Acks } from './acks.ts'
import { type Deliver, Sender } from './sender.ts'

/** The name of the orchestrator among the peers of a node. */
export const orchestratorPeer = 'orchestrator'

/**
 * The post office of one role: every change with messages in it is committed here, and the messages go out in order
 * as soon as their peer can be reached.
 */
export class Post {
  readonly store: Store
  readonly #clock: Clock
  readonly #senders = new Map<string, Sender>()
  readonly #acks: Acks
  /** How often a group of commits was lost. */
  #losses = 0

  constructor(store: Store, clock: Clock) {
    this.store = store
    this.#clock = clock
    const onFailed = (peers: readonly string[]): void => {
      for (const peer of peers) this.#senders.get(peer)?.restart()
    }
    this.#acks = new Acks({ store, clock, onFailed })
  }

  /** Commits; when applied, calls `then` and hands the appended outbox rows to their senders, in this order. */
  async commit(change: Change, then?: () => void): Promise<CommitOutcome> {
    const outcome = await this.store.commit(change)
    if (outcome.kind === 'applied') {
      then?.()
      // Offered one by one, the first would go alone, and the others wait for its acknowledgement.
      const byPeer = Map.groupBy(outcome.outbox, ({ peer }) => peer)
      for (const [peer, rows] of byPeer) this.#senders.get(peer)?.offer(rows)
    }
    return outcome
  }

  connect(peer: string, deliver: Deliver, options: { sharesStore: boolean }): void {
    // A batch that is still under way to the peer's earlier life must not hold up the new one.
    this.disconnect(peer)
    const { store } = this
    // A peer on our own store takes them out of the outbox as it applies them: most before they are written, so they never are.
    const acked = (seq: number): void => {
      if (!options.sharesStore) this.#acks.add(peer, seq)
    }
    const sender = new Sender({ peer, store, clock: this.#clock, acked, waitsForDisk: !options.sharesStore })
    this.#senders.set(peer, sender)
    sender.connect(deliver)
  }

  disconnect(peer: string): void {
    this.#senders.get(peer)?.disconnect()
    this.#senders.delete(peer)
    this.#acks.forget(peer)
  }

  isConnected(peer: string): boolean {
    return this.#senders.has(peer)
  }

  /** Resolves when what was committed so far is with the peer, or it cannot be reached now. */
  async resting(peer: string): Promise<void> {
    await this.#senders.get(peer)?.resting()
  }

  /** After a lost group of commits: rows may have vanished. */
  reload(): void {
    this.#losses += 1
    this.#acks.forgetAll()
    for (const sender of this.#senders.values()) sender.restart()
  }

  get losses(): number {
    return this.#losses
  }

  stop(): void {
    this.#acks.stop()
    for (const peer of [...this.#senders.keys()]) this.disconnect(peer)
  }
}
