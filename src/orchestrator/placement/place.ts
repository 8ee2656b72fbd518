import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { ampleChoice, someOf } from './choice.ts'
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
  readonly #declined: ReadonlySet<NodeId>
  readonly #own: ReadonlyMap<NodeId, number>
  /** Among these are all that can take it. */
  readonly near: readonly NodeView[]

  constructor(snapshot: Snapshot, need: Resources) {
    const { job, executions, nodes } = snapshot
    const ownVersion = executions.filter((execution) => execution.JobVersion === job.Version)
    this.#snapshot = snapshot
    this.need = need
    this.#declined = new Set(ownVersion.filter((e) => isDecline(e, nodes)).map((e) => e.NodeID))
    this.#own = countByNode(ownVersion.filter((e) => !isTerminalExecution(e.ComputeState.StateType)))
    this.near = nodes.viewsNear(requiredSelector(job)?.constraints ?? [])
  }

  canTake(node: NodeView): boolean {
    const { job } = this.#snapshot
    return (
      isEligible(node) &&
      node.isListening &&
      !this.#declined.has(node.id) &&
      !this.#isAtLimit(node) &&
      meetsRules(job, this.need, node)
    )
  }

  /** Why an eligible node cannot take it; undefined when it can. */
  refusal(node: NodeView): Refusal | undefined {
    if (this.#declined.has(node.id)) return { rule: 'declined', reason: () => 'job rejected', isBusy: false }
    return (
      refusalOf(this.#snapshot.job, this.need, node) ??
      (this.#isAtLimit(node) ? this.#limitRefusal(node) : undefined) ??
      (node.isListening ? undefined : notListening)
    )
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
    const { job, executions, nodes, nowNs, chance, strategy } = this.#snapshot
    const trouble = troubleByNode(executions, nowNs)
    const troubled = nodes.troubledAt(nowNs)
    const prefers = preferenceOf(job)
    const isChoosy = prefers !== undefined || strategy === 'pack'
    const enough = isChoosy ? Number.POSITIVE_INFINITY : 2 * wanted + ampleChoice
    const held = nodes.holding(job)
    const some = someOf(this.#snapshot.better ?? this.near, enough, chance, (node) => this.canTake(node))
    return [...some, ...this.#othersHolding(held, some)].map((node) => ({
      node,
      free: freeFor(job, node),
      ownExecutions: this.#own.get(node.id) ?? 0,
      trouble: trouble.get(node.id) ?? 0,
      othersTrouble: troubled.get(node.id) ?? 0,
      isPreferred: prefers?.(labelsOf(node.state)) ?? false,
      inputsHeld: held.get(node.id) ?? 0,
      tieBreaker: chance(),
    }))
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

  #isAtLimit({ id }: NodeView): boolean {
    const { MaxPerNode = 0 } = this.#snapshot.job
    return MaxPerNode > 0 && (this.#own.get(id) ?? 0) >= MaxPerNode
  }

  #limitRefusal({ id }: NodeView): Refusal {
    const { MaxPerNode } = this.#snapshot.job
    const reason = (): string => `already runs ${this.#own.get(id)} of at most ${MaxPerNode} executions of this job`
    return { rule: 'max-per-node', reason, isBusy: true }
  }
}

/** A node that has come back since then, or offers something else, may take by now what it did not. */
const isDecline = ({ ComputeState, NodeID, ModifyTime }: Execution, nodes: Snapshot['nodes']): boolean => {
  if (ComputeState.StateType !== 'AskForBidRejected') return false
  const node = nodes.view(NodeID)?.state
  return ModifyTime >= (node?.OfferedSince ?? node?.ConnectionState.ConnectedSince ?? 0n)
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
