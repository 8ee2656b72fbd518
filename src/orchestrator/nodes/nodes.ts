import type { Subscription } from '#contracts/bus.ts'
import type { NodesApi } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { Cordon, Membership as MembershipWord, NodeState } from '#models/node.ts'
import type { Evaluations } from '../evaluations.ts'
import type { Ledger } from '../ledger.ts'
import { someIds } from '../some-ids.ts'
import type { Membership } from './membership.ts'
import type { NodeTable } from './node-table.ts'

const component = 'NodesManager'

const secondNs = 1_000_000_000n

export type NodesParts = {
  clock: Pick<Clock, 'nowNs'>
  table: NodeTable
  membership: Membership
  ledger: Ledger
  evaluations: Evaluations
  log: EventLog
}

/** The use cases on nodes. */
export class Nodes implements NodesApi {
  readonly #parts: NodesParts
  readonly #onApproved = new Set<(node: NodeState) => void>()

  constructor(parts: NodesParts) {
    this.#parts = parts
  }

  async list(): Promise<NodeState[]> {
    const troubled = this.#troubled()
    return this.#parts.table.states().map((state) => this.#shown(state, troubled))
  }

  async get(idPrefix: string): Promise<NodeState> {
    const exact = this.#parts.table.get(idPrefix as NodeId)
    if (exact) return this.#shown(exact)
    const found = this.#parts.table.states().filter((state) => state.Info.NodeID.startsWith(idPrefix))
    const [first, second] = found
    if (!first)
      throw new Fault('NotFound', `nodeInfo not found for nodeID: ${idPrefix}`, {
        component,
        hint: 'bacalhau node list shows the nodes.',
      })
    if (second) {
      const ids = someIds(found.map((state) => state.Info.NodeID).sort())
      throw new Fault(
        'MultipleFound',
        `multiple nodes found for nodeID prefix: ${idPrefix}, matching nodeIDs: ${ids}`,
        { component, hint: 'Give more of the id.' },
      )
    }
    return this.#shown(first)
  }

  async approve(id: NodeId, message: string): Promise<void> {
    await this.#judge(id, 'APPROVED', message)
    this.#parts.evaluations.nodeImproved()
    const node = this.#parts.table.get(id)
    if (node) for (const handler of this.#onApproved) handler(node)
  }

  /** Calls back with each node that is approved from now on. */
  onApproved(handler: (node: NodeState) => void): Subscription {
    this.#onApproved.add(handler)
    return { stop: () => this.#onApproved.delete(handler) }
  }

  async reject(id: NodeId, message: string): Promise<void> {
    await this.#judge(id, 'REJECTED', message)
    await this.#parts.membership.disconnect(id, 'node rejected')
  }

  async remove(id: NodeId, message: string): Promise<void> {
    await this.#parts.membership.remove(id)
    this.#tell('deleted', id, message)
  }

  cordon(id: NodeId, message: string): Promise<void> {
    return this.#setCordon(id, 'CORDONED', message)
  }

  uncordon(id: NodeId, message: string): Promise<void> {
    return this.#setCordon(id, undefined, message)
  }

  drain(id: NodeId, message: string, deadlineSeconds = 0): Promise<void> {
    const drainBy = this.#parts.clock.nowNs() + BigInt(deadlineSeconds) * secondNs
    return this.#setCordon(id, 'DRAINING', message, deadlineSeconds > 0 ? drainBy : undefined)
  }

  async #judge(id: NodeId, verdict: MembershipWord, message: string): Promise<void> {
    const state = this.#known(id)
    const word = verdict.toLowerCase()
    if (state.Membership === verdict) throw new Fault('Conflict', `node already ${word}`, { component })
    await this.#put({ ...state, Membership: verdict }, message)
    this.#tell(word, id, message)
  }

  /** Undefined: it takes work again. */
  async #setCordon(id: NodeId, wanted: Cordon | undefined, message: string, drainBy?: bigint): Promise<void> {
    const { table, evaluations } = this.#parts
    const { Cordon: present, DrainBy: presentBy, ...state } = this.#known(id)
    // A drain may be given a deadline, or another one, or none any more.
    if (present === wanted && presentBy === undefined && drainBy === undefined) {
      const already = wanted === undefined ? 'node is not cordoned' : `node already ${wanted.toLowerCase()}`
      throw new Fault('Conflict', already, { component })
    }
    const cordon = { ...(wanted ? { Cordon: wanted } : {}), ...(drainBy === undefined ? {} : { DrainBy: drainBy }) }
    await this.#put({ ...state, ...cordon }, message)
    this.#tell(wanted?.toLowerCase() ?? 'uncordoned', id, message)
    if (wanted === undefined) evaluations.nodeImproved()
    evaluations.askFor(table.jobsOn(id), 'node-leave')
  }

  /** What was said before is about what was decided before. */
  async #put({ Message: _before, ...state }: NodeState, message: string): Promise<void> {
    const said = message === '' ? {} : { Message: message }
    await this.#parts.ledger.commitDurably({ putNodes: [{ ...state, ...said }] })
  }

  #tell(decision: string, nodeId: NodeId, message: string): void {
    this.#parts.log('node_judged', { nodeId, decision, ...(message === '' ? {} : { reason: message }) })
  }

  #known(id: NodeId): NodeState {
    const { table } = this.#parts
    if (table.isDoubtful)
      throw new Fault('ServiceUnavailable', 'the nodes are being read again', { component, isRetryable: true })
    const state = table.get(id)
    if (!state) throw new Fault('NotFound', `nodeInfo not found for nodeID: ${id}`, { component })
    return state
  }

  #troubled(): ReadonlyMap<NodeId, number> {
    return this.#parts.table.troubledAt(this.#parts.clock.nowNs())
  }

  /**
   * As placement sees it: what it was given since its last heartbeat is taken, what has ended since is free. It is drained when
   * nothing it was given is left.
   */
  #shown(known: NodeState, troubled = this.#troubled()): NodeState {
    const id = known.Info.NodeID
    const Trouble = troubled.get(id)
    const state = { ...this.#withFreeRoom(known), ...(Trouble === undefined ? {} : { Trouble }) }
    if (state.Cordon !== 'DRAINING') return state
    const Remaining = this.#parts.table.countOn(id)
    return Remaining === 0 ? { ...state, Cordon: 'DRAINED' } : { ...state, Remaining }
  }

  #withFreeRoom(state: NodeState): NodeState {
    const { ComputeNodeInfo, ...Info } = state.Info
    const view = ComputeNodeInfo && this.#parts.table.view(Info.NodeID)
    if (!view) return state
    return { ...state, Info: { ...Info, ComputeNodeInfo: { ...ComputeNodeInfo, AvailableCapacity: view.free } } }
  }
}
