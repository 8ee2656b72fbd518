import type { Clock } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'
import type { Heartbeat } from '#models/messages/messages.ts'
import { isOurs, type NodeState } from '#models/node.ts'
import type { Awake, Moment } from './awake.ts'
import { isIdle } from './node-states.ts'

type Signs = { idleSince?: Moment; restart?: Moment & { processId?: string } }

/**
 * Go nodes forget: what only waited in one is gone when it restarts, and an end that nobody heard a node of 1.4 tells
 * once. Two signs show it, each after a while, because such nodes report late: a process begun anew, and having nothing to do.
 */
export class ForgetfulNodes {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #awake: Awake
  readonly #signs = new Map<NodeId, Signs>()

  constructor(clock: Clock, waitMs: number, awake: Awake) {
    this.#clock = clock
    this.#waitMs = waitMs
    this.#awake = awake
  }

  hear({ Info }: NodeState, beat: Heartbeat): void {
    if (isOurs(Info)) return
    const now = { ns: this.#clock.nowNs(), ms: this.#clock.monotonicMs() }
    const { idleSince = now, restart } = this.#signs.get(beat.NodeID) ?? {}
    const signs: Signs = {
      ...(isIdle(Info, beat) ? { idleSince } : {}),
      ...(beat.IsNewProcess ? { restart: now } : restart && { restart }),
    }
    if (signs.idleSince || signs.restart) this.#signs.set(beat.NodeID, signs)
    else this.#signs.delete(beat.NodeID)
  }

  /** It speaks as another process since then. */
  restarted(nodeId: NodeId, restart: { processId: string; ns: bigint }): void {
    if (this.#signs.get(nodeId)?.restart?.processId === restart.processId) return
    this.#signs.set(nodeId, { restart: { ...restart, ms: this.#clock.monotonicMs() } })
  }

  /** It is not heard of any more, so it does not say that it has nothing to do. */
  silent(nodeId: NodeId): void {
    const { restart } = this.#signs.get(nodeId) ?? {}
    if (restart) this.#signs.set(nodeId, { restart })
    else this.#signs.delete(nodeId)
  }

  removed(nodeId: NodeId): void {
    this.#signs.delete(nodeId)
  }

  /** Nodes that have forgotten the work that has not changed since then; an idle one only if it should have any. */
  due(hasWork: (nodeId: NodeId) => boolean): [nodeId: NodeId, unchangedSince: bigint][] {
    const since = this.#clock.monotonicMs() - this.#waitMs
    if (this.#awake.since.ms >= since) return []
    const isOver = (moment: Moment | undefined): moment is Moment => moment !== undefined && moment.ms < since
    return [...this.#signs].flatMap(([nodeId, { idleSince, restart }]) => {
      const moments = [hasWork(nodeId) ? idleSince : undefined, restart].filter(isOver).map(({ ns }) => ns)
      return moments.length > 0 ? [[nodeId, moments.reduce((a, b) => (a > b ? a : b))]] : []
    })
  }

  /** What it had forgotten is dealt with. */
  settle(nodeId: NodeId): void {
    const { idleSince } = this.#signs.get(nodeId) ?? {}
    if (idleSince) this.#signs.set(nodeId, { idleSince })
    else this.#signs.delete(nodeId)
  }
}

/** What is stored of a node's process: since when it was heard of, and whether what an earlier one had is dealt with. */
type Process = { processId: string; ns: bigint; isSettled: boolean }

export const processText = ({ processId, ns, isSettled }: Process): string => `${isSettled} ${ns} ${processId}`

export function readProcess(text: string | undefined): Process | undefined {
  const [, isSettled, ns = '0', processId = ''] = /^(true|false) (\d+) (.*)$/s.exec(text ?? '') ?? []
  return isSettled === undefined ? undefined : { processId, ns: BigInt(ns), isSettled: isSettled === 'true' }
}
