import type { NodesApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import { someIds } from '../some-ids.ts'
import type { Membership } from './membership.ts'
import type { NodeTable } from './node-table.ts'

const component = 'NodesManager'

/** The use cases on nodes. */
export class Nodes implements NodesApi {
  readonly #table: NodeTable
  readonly #membership: Membership

  constructor(table: NodeTable, membership: Membership) {
    this.#table = table
    this.#membership = membership
  }

  async list(): Promise<NodeState[]> {
    return this.#table.states().map((state) => this.#shown(state))
  }

  async get(idPrefix: string): Promise<NodeState> {
    const exact = this.#table.get(idPrefix as NodeId)
    if (exact) return this.#shown(exact)
    const found = this.#table.states().filter((state) => state.Info.NodeID.startsWith(idPrefix))
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

  approve(id: NodeId): Promise<void> {
    return this.#membership.approve(id)
  }

  reject(id: NodeId): Promise<void> {
    return this.#membership.reject(id)
  }

  remove(id: NodeId): Promise<void> {
    return this.#membership.remove(id)
  }

  cordon(id: NodeId): Promise<void> {
    return this.#membership.setCordon(id, 'CORDONED')
  }

  uncordon(id: NodeId): Promise<void> {
    return this.#membership.setCordon(id, undefined)
  }

  drain(id: NodeId): Promise<void> {
    return this.#membership.setCordon(id, 'DRAINING')
  }

  /** A node is drained when nothing it was given is left. */
  #shown(state: NodeState): NodeState {
    const isEmpty = state.Cordon === 'DRAINING' && this.#table.jobsOn(state.Info.NodeID).size === 0
    return isEmpty ? { ...state, Cordon: 'DRAINED' } : state
  }
}
