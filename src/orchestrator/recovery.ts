import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Post } from '#link/post.ts'
import type { NodeState } from '#models/node.ts'
import type { Evaluations } from './evaluations.ts'
import type { Ledger } from './ledger.ts'
import type { KeptHints } from './nodes/kept-hints.ts'
import type { Membership } from './nodes/membership.ts'
import { unheardNode } from './nodes/node-states.ts'
import type { NodeTable } from './nodes/node-table.ts'

export type RecoveryParts = {
  clock: Clock
  ledger: Ledger
  post: Post
  nodes: NodeTable
  membership: Membership
  hints: KeptHints
  evaluations: Evaluations
  /** After a start, how long a lack of nodes is not held against jobs. */
  settleMs: number
  log: EventLog
}

const retryMs = 1_000

/** Builds what is in memory from the rows: at a start, and when commits were rolled back. */
export class Recovery {
  readonly #parts: RecoveryParts
  #settling: Timer | undefined
  /** Some look was milder because nodes may still come. */
  #hasSpared = false
  #isStopped = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
    parts.ledger.store.onLost(() => {
      parts.nodes.isDoubtful = true
      this.#patiently(() => this.#recover())
    })
  }

  async start(): Promise<void> {
    const { clock, evaluations, settleMs } = this.#parts
    await this.#load()
    this.#settling = clock.after(settleMs, () => {
      this.#settling = undefined
      if (this.#hasSpared) this.#patiently(() => evaluations.askForAll('recovery'))
    })
    await evaluations.askForAll('recovery')
  }

  stop(): void {
    this.#isStopped = true
    this.#settling?.stop()
  }

  /** Just started, and a node that may work has not come back yet, or this process's own is not there yet. */
  isSettling(): boolean {
    const { nodes, membership } = this.#parts
    const isSettling = this.#settling !== undefined && (nodes.isAnyAway || membership.isLocalMissing)
    this.#hasSpared ||= isSettling
    return isSettling
  }

  async #recover(): Promise<void> {
    const { evaluations, post } = this.#parts
    evaluations.hold()
    post.reload()
    await this.#load()
    if (this.#isStopped) return
    evaluations.goOn()
    await evaluations.askForAll('recovery')
  }

  async #load(): Promise<void> {
    const { clock, ledger, nodes, hints } = this.#parts
    const now = clock.nowNs()
    const stored = await ledger.store.nodes()
    nodes.load(
      stored.map((state) => this.#asHeard(state, now)),
      await ledger.store.liveExecutions(),
    )
    await hints.load()
  }

  /** That a node was connected is true of those whose session goes on. */
  #asHeard(state: NodeState, now: bigint): NodeState {
    return this.#parts.membership.isConnected(state.Info.NodeID) ? state : unheardNode(state, now)
  }

  /** Until it succeeds: what is missed now, nobody would come back to. */
  #patiently(recover: () => Promise<void>): void {
    if (this.#isStopped) return
    recover().catch((error: unknown) => {
      this.#parts.log('recovery_failed', { error })
      this.#parts.clock.after(retryMs, () => this.#patiently(recover))
    })
  }
}
