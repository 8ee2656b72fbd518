import type { Clock } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Heartbeat } from '#models/messages/messages.ts'
import { isOurs, type NodeState } from '#models/node.ts'
import type { Awake } from './awake.ts'
import { isIdle } from './node-states.ts'

/** What a node had at a moment: executions that had not ended, each with its revision then. */
export type Had = ReadonlyMap<ExecutionId, number>

/** Since `ms`. `processId`: of the process that began anew, when it names itself. */
export type Sign = { had: Had; ms: number; processId?: string }
type Signs = { idle?: Sign | undefined; restart?: Sign | undefined }

/**
 * Go nodes forget: what only waited in one is gone when it restarts, and an end that nobody heard a node of 1.4 tells
 * once. Two signs show it, each after a while, because such nodes report late: a process begun anew, and having nothing to do.
 * What has changed meanwhile is told by revisions: the time of day may have been set back.
 */
export class ForgetfulNodes {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #awake: Awake
  readonly #hadBy: (nodeId: NodeId) => Had
  readonly #signs = new Map<NodeId, Signs>()

  constructor(clock: Clock, waitMs: number, awake: Awake, hadBy: (nodeId: NodeId) => Had) {
    this.#clock = clock
    this.#waitMs = waitMs
    this.#awake = awake
    this.#hadBy = hadBy
  }

  hear({ Info }: NodeState, beat: Heartbeat): void {
    if (isOurs(Info)) return
    const { idle, restart } = this.#signs.get(beat.NodeID) ?? {}
    this.#keep(beat.NodeID, {
      idle: isIdle(Info, beat) ? (idle ?? this.#sign(this.#hadBy(beat.NodeID))) : undefined,
      restart: beat.IsNewProcess ? this.#sign(this.#hadBy(beat.NodeID)) : restart,
    })
  }

  /** It speaks as another process, and had this when it began to. */
  restarted(nodeId: NodeId, processId: string, had: Had): void {
    if (this.#signs.get(nodeId)?.restart?.processId === processId) return
    const restart = this.#sign(had)
    this.#keep(nodeId, { restart: restart && { ...restart, processId } })
  }

  /** It is not heard of any more, so it does not say that it has nothing to do. */
  silent(nodeId: NodeId): void {
    this.#keep(nodeId, { restart: this.#signs.get(nodeId)?.restart })
  }

  removed(nodeId: NodeId): void {
    this.#signs.delete(nodeId)
  }

  /** Nodes that have forgotten what they had at these signs, as far as it has not changed since. */
  due(): [nodeId: NodeId, signs: Sign[]][] {
    const since = this.#clock.monotonicMs() - this.#waitMs
    if (this.#awake.since.ms >= since) return []
    const isOver = (sign: Sign | undefined): sign is Sign => sign !== undefined && sign.ms < since
    return [...this.#signs].flatMap(([nodeId, { idle, restart }]) => {
      const signs = [idle, restart].filter(isOver)
      return signs.length > 0 ? [[nodeId, signs]] : []
    })
  }

  /** What it had at these is dealt with. One that goes on having nothing to do shows that anew. */
  settle(nodeId: NodeId, signs: readonly Sign[]): void {
    const open = (sign: Sign | undefined): Sign | undefined => (sign && signs.includes(sign) ? undefined : sign)
    const { idle, restart } = this.#signs.get(nodeId) ?? {}
    this.#keep(nodeId, { idle: open(idle), restart: open(restart) })
  }

  /** A node that had nothing forgets nothing. */
  #sign(had: Had): Sign | undefined {
    return had.size > 0 ? { had, ms: this.#clock.monotonicMs() } : undefined
  }

  #keep(nodeId: NodeId, signs: Signs): void {
    if (signs.idle || signs.restart) this.#signs.set(nodeId, signs)
    else this.#signs.delete(nodeId)
  }
}

export const hadOf = (executions: readonly Execution[]): Had => new Map(executions.map((e) => [e.ID, e.Revision]))

/** What is stored of a node's process: who it is, and what an earlier one had and nobody knows of since. */
export type Process = { processId: string; had: Had }

export const processText = ({ processId, had }: Process): string => JSON.stringify({ processId, had: [...had] })

/** The text before that was `isSettled ns processId`: what `live` has of the node was had when it had not changed since then. */
export function readProcess(text: string | undefined, live: readonly Execution[]): Process | undefined {
  if (text?.startsWith('{')) {
    const { processId, had }: { processId: string; had: [ExecutionId, number][] } = JSON.parse(text)
    return { processId, had: new Map(had) }
  }
  const [, isSettled, ns = '0', processId = ''] = /^(true|false) (\d+) (.*)$/s.exec(text ?? '') ?? []
  if (isSettled === undefined) return undefined
  return { processId, had: hadOf(isSettled === 'true' ? [] : live.filter((e) => e.ModifyTime < BigInt(ns))) }
}
