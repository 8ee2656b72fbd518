import type { NodesApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Cordon, Membership as MembershipWord, NodeState } from '#models/node.ts'
import type { Ledger } from '../ledger.ts'
import { someIds } from '../some-ids.ts'
import type { Membership } from './membership.ts'
import type { NodeTable } from './node-table.ts'

const component = 'NodesManager'

export type NodesParts = {
  table: NodeTable
  membership: Membership
  ledger: Ledger
  /** What waits may find a place now. */
  onBetter: () => void
  look: (jobIds: Iterable<JobId>) => void
}

/** The use cases on nodes. */
export class Nodes implements NodesApi {
  readonly #parts: NodesParts

  constructor(parts: NodesParts) {
    this.#parts = parts
  }

  async list(): Promise<NodeState[]> {
    return this.#parts.table.states().map((state) => this.#shown(state))
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

  async approve(id: NodeId): Promise<void> {
    await this.#judge(id, 'APPROVED', 'node already approved')
    this.#parts.onBetter()
  }

  async reject(id: NodeId): Promise<void> {
    await this.#judge(id, 'REJECTED', 'node already rejected')
    await this.#parts.membership.disconnect(id, 'node rejected')
  }

  remove(id: NodeId): Promise<void> {
    return this.#parts.membership.remove(id)
  }

  cordon(id: NodeId): Promise<void> {
    return this.#setCordon(id, 'CORDONED')
  }

  uncordon(id: NodeId): Promise<void> {
    return this.#setCordon(id, undefined)
  }

  drain(id: NodeId): Promise<void> {
    return this.#setCordon(id, 'DRAINING')
  }

  async #judge(id: NodeId, verdict: MembershipWord, already: string): Promise<void> {
    const state = this.#known(id)
    if (state.Membership === verdict) throw new Fault('Conflict', already, { component })
    await this.#parts.ledger.commitDurably({ putNodes: [{ ...state, Membership: verdict }] })
  }

  /** Undefined: it takes work again. */
  async #setCordon(id: NodeId, wanted: Cordon | undefined): Promise<void> {
    const { table, ledger, onBetter, look } = this.#parts
    const { Cordon: present, ...state } = this.#known(id)
    if (present === wanted) {
      const already = wanted === undefined ? 'node is not cordoned' : `node already ${wanted.toLowerCase()}`
      throw new Fault('Conflict', already, { component })
    }
    await ledger.commitDurably({ putNodes: [{ ...state, ...(wanted ? { Cordon: wanted } : {}) }] })
    if (wanted === undefined) onBetter()
    look(table.jobsOn(id))
  }

  #known(id: NodeId): NodeState {
    const { table } = this.#parts
    if (table.isDoubtful)
      throw new Fault('ServiceUnavailable', 'the nodes are being read again', { component, isRetryable: true })
    const state = table.get(id)
    if (!state) throw new Fault('NotFound', `nodeInfo not found for nodeID: ${id}`, { component })
    return state
  }

  /** A node is drained when nothing it was given is left. */
  #shown(state: NodeState): NodeState {
    const isEmpty = state.Cordon === 'DRAINING' && this.#parts.table.jobsOn(state.Info.NodeID).size === 0
    return isEmpty ? { ...state, Cordon: 'DRAINED' } : state
  }
}
