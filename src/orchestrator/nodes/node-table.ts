import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job, LabelSelectorRequirement } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import { noResources, type Resources, subtractResources } from '#models/resources.ts'
import { labelsOf } from '../placement/labels.ts'
import type { NodeView, NodeViews, Reservation } from '../snapshot.ts'
import { BetterNodes } from './better-nodes.ts'
import { InputHolders } from './input-holders.ts'
import { isSameLabels, LabelIndex, type Labels } from './label-index.ts'
import { Promises } from './promises.ts'
import { Reservations } from './reservations.ts'
import { TroubledNodes } from './troubled-nodes.ts'
import { Wanted } from './wanted.ts'

/** `place`: in the table; views are in the same order. */
type Entry = { state: NodeState; labels: Labels; place: number }

/**
 * All nodes in memory, with what each has been promised. Rebuilt from rows at start; kept true by telling it of every
 * execution that was stored.
 */
export class NodeTable implements NodeViews {
  readonly #entries = new Map<NodeId, Entry>()
  readonly #promises = new Promises()
  readonly #wanted = new Wanted()
  readonly #reservations = new Reservations()
  readonly #better = new BetterNodes()
  readonly troubled = new TroubledNodes()
  readonly holders = new InputHolders()
  readonly #labels = new LabelIndex<Entry>()
  /** By the place of the node in the table. */
  #views: NodeView[] = []
  /** Nodes whose view is older than what is known of them. */
  readonly #stale = new Set<NodeId>()
  readonly #away = new Set<NodeId>()
  /** Connected, and nobody is there to hear an order: not of the rows. */
  readonly #deaf = new Set<NodeId>()

  /** Commits were rolled back, and the rows not read since: what is here may never have been stored. */
  isDoubtful = false

  load(states: readonly NodeState[], live: readonly Execution[]): void {
    this.isDoubtful = false
    this.#entries.clear()
    this.#promises.clear()
    this.#wanted.clear()
    this.#reservations.clear()
    this.#better.clear()
    this.troubled.clear()
    this.holders.clear()
    this.#labels.clear()
    this.#views = []
    this.#stale.clear()
    this.#away.clear()
    for (const state of states) this.put(state)
    for (const execution of live) this.track(execution)
  }

  put(state: NodeState): void {
    const id = state.Info.NodeID
    const known = this.#entries.get(id)
    this.#stale.add(id)
    if (!known || !offersTheSame(state, known.state)) this.#better.note(id)
    if (isAway(state)) this.#away.add(id)
    else this.#away.delete(id)
    if (!known) {
      const entry = { state, labels: labelsOf(state), place: this.#entries.size }
      this.#entries.set(id, entry)
      this.#labels.add(entry, entry.labels)
    } else {
      const before = known.state
      known.state = state
      if (!isLabelledAs(state, before)) this.#relabel(known)
    }
  }

  /** Most that come back have the labels they had. */
  #relabel(entry: Entry): void {
    const labels = labelsOf(entry.state)
    if (isSameLabels(labels, entry.labels)) return
    this.#labels.remove(entry, entry.labels)
    entry.labels = labels
    this.#labels.add(entry, entry.labels)
  }

  /** Those behind it move up: a node is removed by hand, and seldom. */
  remove(id: NodeId): void {
    const removed = this.#entries.get(id)
    if (!removed) return
    this.#labels.remove(removed, removed.labels)
    this.#reservations.end(id)
    this.troubled.forget(id)
    this.holders.forget(id)
    this.#entries.delete(id)
    this.#views = []
    let place = 0
    for (const [nodeId, entry] of this.#entries) {
      entry.place = place++
      this.#stale.add(nodeId)
    }
    this.#stale.delete(id)
    this.#away.delete(id)
    this.#deaf.delete(id)
  }

  /** Whether orders get to the node now. Returns true when that is news. */
  setListening(id: NodeId, isListening: boolean): boolean {
    if (this.#deaf.has(id) !== isListening) return false
    if (isListening) this.#deaf.delete(id)
    else this.#deaf.add(id)
    this.#stale.add(id)
    if (isListening) this.#better.note(id)
    return true
  }

  /** Some node that may work cannot be reached. */
  get isAnyAway(): boolean {
    return this.#away.size > 0
  }

  get(id: NodeId): NodeState | undefined {
    return this.#entries.get(id)?.state
  }

  states(): NodeState[] {
    return [...this.#entries.values()].map((entry) => entry.state)
  }

  /** Jobs with something on the node that has not ended. */
  jobsOn(id: NodeId): Set<JobId> {
    return this.#promises.jobsOn(id)
  }

  /** Whether something of the job is under way that nobody has asked to stop, besides what `ended` and is not stored yet. */
  isAtWork(jobId: JobId, ended: ReadonlySet<ExecutionId> = new Set()): boolean {
    return this.#wanted.isAnyBut(ended, jobId)
  }

  /** How many executions of the node have not ended. */
  countOn(id: NodeId): number {
    return this.#promises.countOn(id)
  }

  /** What of the node has not ended, and the revision of each. */
  revisionsOn(id: NodeId): Map<ExecutionId, number> {
    return this.#promises.revisionsOn(id)
  }

  /** Takes note of an execution as it is stored. Returns true when room was given back. */
  track(execution: Execution): boolean {
    this.#wanted.track(execution)
    if (isTerminalExecution(execution.ComputeState.StateType)) {
      const isGivenBack = this.untrack(execution)
      if (isGivenBack) this.troubled.note(execution)
      return isGivenBack
    }
    if (this.#promises.make(execution)) this.#stale.add(execution.NodeID)
    return false
  }

  /** It has ended, or was not stored after all. Returns true when room was given back. */
  untrack(execution: Execution): boolean {
    this.#wanted.drop(execution)
    const isGivenBack = this.#promises.end(execution)
    if (isGivenBack) {
      this.#stale.add(execution.NodeID)
      this.#better.note(execution.NodeID)
    }
    return isGivenBack
  }

  /** Keeps room for a job on these nodes and on no others. Returns true when room was given back. */
  reserve(jobId: JobId, wanted: ReadonlyMap<NodeId, Reservation>): boolean {
    const before = this.#reservations.of(jobId)
    if (before.length === 0 && wanted.size === 0) return false
    for (const id of new Set([...before, ...wanted.keys()])) {
      if (this.#reservations.on(id) === wanted.get(id)) continue
      this.#stale.add(id)
      this.#better.note(id)
    }
    this.#reservations.set(jobId, wanted)
    return before.some((id) => !wanted.has(id))
  }

  reservedFor(jobId: JobId): readonly NodeView[] {
    return this.#reservations.of(jobId).flatMap((id) => this.view(id) ?? [])
  }

  /** Whether what the job has runs until it is stopped. */
  setLasting(jobId: JobId, isLasting: boolean): void {
    this.#promises.setLasting(jobId, isLasting)
  }

  troubledAt(nowNs: bigint): ReadonlyMap<NodeId, number> {
    return this.troubled.at(nowNs)
  }

  holding(job: Job): ReadonlyMap<NodeId, number> {
    return this.holders.of(job)
  }

  lastingOn(id: NodeId, before?: bigint): Resources {
    return this.#promises.lastingOn(id, before)
  }

  /** Made anew only for nodes that changed; the array is the table's own. */
  views(): readonly NodeView[] {
    for (const id of this.#stale) {
      const entry = this.#entries.get(id)
      if (entry) this.#views[entry.place] = this.#viewOf(entry.state)
    }
    this.#stale.clear()
    return this.#views
  }

  #viewOf(state: NodeState): NodeView {
    const id = state.Info.NodeID
    const max = state.Info.ComputeNodeInfo?.MaxCapacity ?? noResources()
    const reservation = this.#reservations.on(id)
    return {
      id,
      state,
      isConnected: state.ConnectionState.Status === 'CONNECTED',
      isListening: !this.#deaf.has(id),
      disconnectedSince: state.ConnectionState.DisconnectedSince,
      free: subtractResources(max, this.#promises.on(id)),
      ...(reservation ? { reservation } : {}),
    }
  }

  view(id: NodeId): NodeView | undefined {
    const entry = this.#entries.get(id)
    return entry && this.views()[entry.place]
  }

  get mark(): number {
    return this.#better.mark
  }

  betterSince(mark: number): readonly NodeView[] | undefined {
    const ids = this.#better.since(mark)
    return ids && [...ids].flatMap((id) => this.view(id) ?? [])
  }

  viewsNear(constraints: readonly LabelSelectorRequirement[]): readonly NodeView[] {
    const views = this.views()
    return this.#labels.near(constraints)?.map(({ place }) => views[place] as NodeView) ?? views
  }
}

const isAway = ({ Membership, ConnectionState }: NodeState): boolean =>
  Membership === 'APPROVED' && ConnectionState.Status === 'DISCONNECTED'

/** Heartbeats, which are many, leave all of this as it is. */
const offersTheSame = (now: NodeState, before: NodeState): boolean => {
  const { ComputeNodeInfo: offer } = now.Info
  const { ComputeNodeInfo: offered } = before.Info
  return (
    now.Membership === before.Membership &&
    now.Cordon === before.Cordon &&
    now.ConnectionState.Status === before.ConnectionState.Status &&
    now.Info.Labels === before.Info.Labels &&
    offer?.MaxCapacity === offered?.MaxCapacity &&
    offer?.MaxJobRequirements === offered?.MaxJobRequirements &&
    offer?.ExecutionEngines === offered?.ExecutionEngines &&
    offer?.Publishers === offered?.Publishers &&
    offer?.StorageSources === offered?.StorageSources
  )
}

/** Heartbeats leave both as they are. */
const isLabelledAs = ({ Info: now }: NodeState, { Info: before }: NodeState): boolean =>
  now.Labels === before.Labels && now.ComputeNodeInfo?.MaxCapacity === before.ComputeNodeInfo?.MaxCapacity
