import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { NodeId } from '#models/ids.ts'
import { type Job, mostPerNode, namedPorts } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { ampleChoice, someOf } from './choice.ts'
import { type Decline, declinesOf, holdsAt } from './declines.ts'
import { isEligible, meetsRules, type Refusal, refusalOf } from './filter.ts'
import { labelsOf, preferenceOf, requiredSelector } from './labels.ts'
import type { Candidate } from './rank.ts'
import { freeFor } from './reservation.ts'
import { troubleByNode } from './trouble.ts'

export type Rejected = Refusal & { readonly node: NodeView }

/** Which nodes can take an execution of a job now, and why the others cannot. */
export class Placement {
  readonly #snapshot: Snapshot
  readonly need: Resources
  readonly #declines: ReadonlyMap<NodeId, Decline>
  readonly #own: ReadonlyMap<NodeId, number>
  readonly #most: number
  /** Among these are all that can take it. */
  readonly near: readonly NodeView[]

  constructor(snapshot: Snapshot, need: Resources) {
    const { job, executions, nodes } = snapshot
    // What is left of earlier versions has no part in this one, but its ports.
    const own = executions.filter(({ JobVersion }) => JobVersion === job.Version || namedPorts(job).length > 0)
    this.#snapshot = snapshot
    this.need = need
    this.#declines = declinesOf(snapshot)
    this.#most = mostPerNode(job)
    this.#own = countByNode(own.filter((e) => !isTerminalExecution(e.ComputeState.StateType)))
    this.near = nodes.viewsNear(requiredSelector(job)?.constraints ?? [])
  }

  canTake(node: NodeView): boolean {
    const { job } = this.#snapshot
    return (
      isEligible(node) &&
      node.isListening &&
      !this.#hasDeclined(node) &&
      !this.#isAtLimit(node) &&
      meetsRules(job, this.need, node)
    )
  }

  /** Unix ns at which nodes that have declined it are asked again, those that could take it else, now or once work there ends. */
  get asksAgainAt(): bigint[] {
    const { nowNs, nodes } = this.#snapshot
    return [...this.#declines].flatMap(([id, decline]) => {
      const node = holdsAt(nowNs, decline) ? nodes.view(id) : undefined
      return node && decline.until !== undefined && this.#mayTakeElse(node) ? [decline.until] : []
    })
  }

  /** Why an eligible node cannot take it; undefined when it can. */
  refusal(node: NodeView): Refusal | undefined {
    if (this.#hasDeclined(node)) return { rule: 'declined', reason: () => 'job rejected', isBusy: false }
    return this.#otherRefusal(node)
  }

  /** It could once running work there ends. */
  isBusy(node: NodeView): boolean {
    return isEligible(node) && this.refusal(node)?.isBusy === true
  }

  /** It has not enough room left, and would have it if it were empty. */
  isFull(node: NodeView): boolean {
    return isEligible(node) && this.refusal(node)?.rule === 'room'
  }

  /** Nodes for so many executions; on a large cluster not all that can take one, but enough to choose among. */
  candidates(wanted: number): Candidate[] {
    const { job, executions, nodes, nowNs, chance } = this.#snapshot
    const trouble = troubleByNode(executions, nowNs)
    const troubled = nodes.troubledAt(nowNs)
    const prefers = preferenceOf(job)
    const enough = this.enoughFor(wanted)
    const held = nodes.holding(job)
    const some = someOf(this.#promising, enough, chance, (node) => this.canTake(node))
    return [...some, ...this.#othersHolding(held, some)].map((node) => ({
      node,
      free: freeFor(job, node),
      ownExecutions: this.#own.get(node.id) ?? 0,
      trouble: (trouble.get(node.id) ?? 0) + (this.#declines.get(node.id)?.times ?? 0),
      othersTrouble: troubled.get(node.id) ?? 0,
      isPreferred: prefers?.(labelsOf(node.state)) ?? false,
      inputsHeld: held.get(node.id) ?? 0,
      tieBreaker: chance(),
    }))
  }

  /** With fewer candidates than these there are no others. */
  enoughFor(wanted: number): number {
    const { job, strategy } = this.#snapshot
    const isChoosy = preferenceOf(job) !== undefined || strategy === 'pack'
    return isChoosy ? Number.POSITIVE_INFINITY : 2 * wanted + ampleChoice
  }

  /** Of a job that found too few places, time alone brings back those that are asked again. */
  get #promising(): readonly NodeView[] {
    const { better, nodes } = this.#snapshot
    if (!better) return this.near
    const known = new Set(better.map(({ id }) => id))
    return [...better, ...[...this.#declines.keys()].flatMap((id) => (known.has(id) ? [] : (nodes.view(id) ?? [])))]
  }

  /** Few, so that none of them is missed by chance. */
  #othersHolding(held: ReadonlyMap<NodeId, number>, some: readonly NodeView[]): NodeView[] {
    if (held.size === 0) return []
    const known = new Set(some.map(({ id }) => id))
    const others = [...held.keys()].filter((id) => !known.has(id))
    return others.flatMap((id) => this.#snapshot.nodes.view(id) ?? []).filter((node) => this.canTake(node))
  }

  /** All eligible nodes that cannot take one: goes through the whole cluster. */
  rejected(): Rejected[] {
    return this.#snapshot.nodes
      .views()
      .filter(isEligible)
      .flatMap((node) => {
        const refusal = this.refusal(node)
        return refusal ? [{ node, ...refusal }] : []
      })
  }

  #hasDeclined({ id }: NodeView): boolean {
    return holdsAt(this.#snapshot.nowNs, this.#declines.get(id))
  }

  #otherRefusal(node: NodeView): Refusal | undefined {
    return (
      refusalOf(this.#snapshot.job, this.need, node) ??
      (this.#isAtLimit(node) ? this.#limitRefusal(node) : undefined) ??
      (node.isListening ? undefined : notListening)
    )
  }

  #mayTakeElse(node: NodeView): boolean {
    return isEligible(node) && this.#otherRefusal(node)?.isBusy !== false
  }

  #isAtLimit({ id }: NodeView): boolean {
    return this.#most > 0 && (this.#own.get(id) ?? 0) >= this.#most
  }

  #limitRefusal({ id }: NodeView): Refusal {
    const { job } = this.#snapshot
    const reason = (): string =>
      portsTakenText(job) ?? `already runs ${this.#own.get(id)} of at most ${job.MaxPerNode} executions of this job`
    return { rule: 'max-per-node', reason, isBusy: true }
  }
}

/** Of a job that names ports. */
export const portsTakenText = (job: Job): string | undefined => {
  const ports = namedPorts(job)
  return ports.length > 0 ? `another execution of this job has port ${ports.join(', ')} there` : undefined
}

/** It comes back, or counts as disconnected before long. */
const notListening: Refusal = {
  rule: 'line',
  reason: () => 'its line is closed: it restarts, or is gone',
  isBusy: true,
}

const countByNode = (executions: readonly Execution[]): Map<NodeId, number> => {
  const counts = new Map<NodeId, number>()
  for (const { NodeID } of executions) counts.set(NodeID, (counts.get(NodeID) ?? 0) + 1)
  return counts
}
