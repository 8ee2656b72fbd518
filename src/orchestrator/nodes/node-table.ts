import { allocatedOf, type Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import { addResources, noResources, type Resources, subtractResources } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'

type Entry = {
  state: NodeState
  promised: Resources
  readonly live: Map<ExecutionId, { need: Resources; jobId: JobId }>
  /** In the table; views are in the same order. */
  place: number
}

/**
 * All nodes in memory, with what each has been promised. Rebuilt from rows at start; kept true by telling it of every
 * execution that was stored.
 */
export class NodeTable {
  readonly #entries = new Map<NodeId, Entry>()
  /** By the place of the node in the table. */
  #views: NodeView[] = []
  /** Nodes whose view is older than what is known of them. */
  readonly #stale = new Set<NodeId>()

  load(states: readonly NodeState[], live: readonly Execution[]): void {
    this.#entries.clear()
    this.#views = []
    this.#stale.clear()
    for (const state of states) this.put(state)
    for (const execution of live) this.track(execution)
  }

  put(state: NodeState): void {
    const id = state.Info.NodeID
    const known = this.#entries.get(id)
    if (known) known.state = state
    else this.#entries.set(id, { state, promised: noResources(), live: new Map(), place: this.#entries.size })
    this.#stale.add(id)
  }

  /** Those behind it move up: a node is removed by hand, and seldom. */
  remove(id: NodeId): void {
    if (!this.#entries.delete(id)) return
    this.#views = []
    let place = 0
    for (const [nodeId, entry] of this.#entries) {
      entry.place = place++
      this.#stale.add(nodeId)
    }
    this.#stale.delete(id)
  }

  get(id: NodeId): NodeState | undefined {
    return this.#entries.get(id)?.state
  }

  states(): NodeState[] {
    return [...this.#entries.values()].map((entry) => entry.state)
  }

  /** Jobs with something on the node that has not ended. */
  jobsOn(id: NodeId): Set<JobId> {
    return new Set([...(this.#entries.get(id)?.live.values() ?? [])].map(({ jobId }) => jobId))
  }

  /** Takes note of an execution as it is stored. Returns true when room was given back. */
  track(execution: Execution): boolean {
    if (isTerminalExecution(execution.ComputeState.StateType)) return this.untrack(execution)
    const entry = this.#entries.get(execution.NodeID)
    if (!entry || entry.live.has(execution.ID)) return false
    const need = allocatedOf(execution) ?? noResources()
    entry.live.set(execution.ID, { need, jobId: execution.JobID })
    entry.promised = addResources(entry.promised, need)
    this.#stale.add(execution.NodeID)
    return false
  }

  /** It has ended, or was not stored after all. Returns true when room was given back. */
  untrack({ ID, NodeID }: Execution): boolean {
    const entry = this.#entries.get(NodeID)
    const held = entry?.live.get(ID)
    if (!entry || !held) return false
    entry.live.delete(ID)
    entry.promised = entry.live.size === 0 ? noResources() : subtractResources(entry.promised, held.need)
    this.#stale.add(NodeID)
    return true
  }

  /** As placement sees them now. Made anew only for nodes that changed; the array is the table's own, to be read at once. */
  views(): readonly NodeView[] {
    for (const id of this.#stale) {
      const entry = this.#entries.get(id) as Entry
      this.#views[entry.place] = viewOf(id, entry)
    }
    this.#stale.clear()
    return this.#views
  }
}

const viewOf = (id: NodeId, { state, promised }: Entry): NodeView => ({
  id,
  state,
  isConnected: state.ConnectionState.Status === 'CONNECTED',
  disconnectedSince: state.ConnectionState.DisconnectedSince,
  promised,
  free: subtractResources(state.Info.ComputeNodeInfo?.MaxCapacity ?? noResources(), promised),
})
