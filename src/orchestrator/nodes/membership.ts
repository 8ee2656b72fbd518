import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { Change } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { Post } from '#link/post.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { type ExecutionId, isNodeId, type JobId, type NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
} from '#models/messages/messages.ts'
import type { Cordon, Membership as MembershipWord, NodeInfo, NodeState } from '#models/node.ts'
import type { Inbox } from '../inbox.ts'
import type { Ledger } from '../ledger.ts'
import { ForgetfulNodes, processText, readProcess } from './forgetful.ts'
import { lossOf, takeBack } from './lost.ts'
import { forgottenKey, keptKey } from './node-keys.ts'
import { connectedNode, disconnectedNode, heardNode } from './node-states.ts'
import type { NodeTable } from './node-table.ts'
import { Sessions } from './sessions.ts'

export type MembershipSettings = {
  /** What a node that nobody has judged yet is. */
  defaultMembership: MembershipWord
  heartbeatIntervalMs: number
  /** Silence after which a node counts as disconnected. */
  disconnectAfterMs: number
}

export type MembershipParts = {
  clock: Clock
  ledger: Ledger
  post: Post
  nodes: NodeTable
  inbox: Inbox
  settings: MembershipSettings
  newLinkId: () => string
  log: EventLog
  /** Somebody joined, was approved, or changed its labels or resources: what waits may find a place now. */
  onBetter: () => void
  /** These jobs have to be looked at: a node of theirs is gone, or is called by other labels. */
  look: (jobIds: Iterable<JobId>) => void
}

/** So many times `disconnectAfterMs` a Go node has to tell what it has not forgotten. */
const forgetfulTimes = 3

/** A live node is heard of at least once in so many times its interval. */
const silentBeats = 2

const component = 'NodesManager'
const storeFact = (nodeId: NodeId): string => `node-store:${nodeId}`
const processFact = (nodeId: NodeId): string => `node-process:${nodeId}`
const linkFact = (nodeId: NodeId): string => `node-link:${nodeId}`

/** Who belongs to the cluster and who can be reached: the orchestrator's end of every link. */
export class Membership implements OrchestratorEnd {
  readonly #parts: MembershipParts
  readonly #sessions: Sessions
  readonly #forgetful: ForgetfulNodes
  /** Gone, and why, while that is not stored yet. */
  readonly #leaving = new Map<NodeId, string>()
  /** Greetings and goodbyes that are not over. */
  readonly #turns = new Map<NodeId, Promise<void>>()
  #sweep: Timer | undefined

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#sessions = new Sessions({
      ...parts,
      silenceLimitMs: parts.settings.disconnectAfterMs,
      onSilent: (nodeId) => void this.#disconnect(nodeId, 'heartbeat timeout').catch(() => {}),
    })
    this.#forgetful = new ForgetfulNodes(parts.clock, forgetfulTimes * parts.settings.disconnectAfterMs)
  }

  /** A node of this process shares our store and cannot fall silent. */
  addLocal(nodeId: NodeId): void {
    this.#sessions.localNodes.add(nodeId)
  }

  start(): void {
    const everyMs = Math.max(1_000, this.#parts.settings.disconnectAfterMs / 3)
    const again = (): void => {
      this.#sweep = this.#parts.clock.after(everyMs, () => {
        this.#lookAfterGone()
        again()
      })
    }
    again()
  }

  stop(): void {
    this.#sweep?.stop()
    this.#sessions.closeAll()
  }

  isConnected(nodeId: NodeId): boolean {
    return this.#sessions.has(nodeId)
  }

  /** How to reach a connected node. */
  end(nodeId: NodeId): ComputeEnd | undefined {
    return this.#sessions.end(nodeId)
  }

  handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    return this.#inTurn(request.NodeInfo.NodeID, () => this.#shakeHands(request, back))
  }

  /** One greeting or goodbye of a node after the other: a late one must not come between the steps of the next. */
  #inTurn<Result>(nodeId: NodeId, act: () => Promise<Result>): Promise<Result> {
    const turn = (this.#turns.get(nodeId) ?? Promise.resolve()).then(act)
    const over = turn.then(
      () => {},
      () => {},
    )
    this.#turns.set(nodeId, over)
    void over.then(() => this.#turns.get(nodeId) === over && this.#turns.delete(nodeId))
    return turn
  }

  async #shakeHands(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const { nodes, settings, clock, log } = this.#parts
    const info = request.NodeInfo
    const refuse = (Reason: string): HandshakeReply => {
      log('node_refused', { nodeId: info.NodeID, reason: Reason })
      return { IsAccepted: false, Reason, LinkID: '', HeartbeatIntervalMs: settings.heartbeatIntervalMs }
    }
    if (!isNodeId(info.NodeID)) return refuse('the node id is not valid')
    if (info.NodeType !== 'Compute') return refuse('node is not a compute node')
    if (await this.#isTaken(request)) return refuse('another node of this name is connected')
    const { linkId, lost } = await this.#agreedLink(request)
    // Operators judge at any time: what is known is read when nothing is waited for any more, and once again.
    const known = nodes.get(info.NodeID)
    if (known?.Membership === 'REJECTED') return refuse('node has been rejected')
    await this.#put(connectedNode(info, known ?? { Membership: settings.defaultMembership }, clock.nowNs()))
    if (nodes.get(info.NodeID)?.Membership === 'REJECTED') return refuse('node has been rejected')
    this.#leaving.delete(info.NodeID)
    this.#sessions.open(info.NodeID, linkId, back)
    if (request.PublicKey !== undefined) await this.#commit(keptKey(info.NodeID, request.PublicKey))
    await this.#takeBack(info.NodeID, [...request.LiveExecutions, ...lost])
    if (request.ProcessID !== undefined) await this.#noteProcess(info.NodeID, request.ProcessID)
    this.#changed(info, known?.Info)
    return {
      IsAccepted: true,
      Reason: known ? 'node reconnected' : 'node registered',
      LinkID: linkId,
      HeartbeatIntervalMs: settings.heartbeatIntervalMs,
    }
  }

  async heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    const { nodes, clock } = this.#parts
    const state = nodes.get(beat.NodeID)
    if (!state || !this.#sessions.hear(beat.NodeID, beat.LinkID)) return { IsKnown: false }
    nodes.put(heardNode(state, beat, clock.nowNs()))
    this.#forgetful.hear(state, beat)
    return { IsKnown: true }
  }

  async updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    const state = this.#parts.nodes.get(info.NodeID)
    if (!state || !this.#sessions.has(info.NodeID)) return { IsKnown: false }
    await this.#put({ ...state, Info: info })
    this.#changed(info, state.Info)
    return { IsKnown: true }
  }

  /** Work that waits may have a place there now, and what is there may have none any more. */
  #changed(now: NodeInfo, before: NodeInfo | undefined): void {
    const { nodes, look, onBetter } = this.#parts
    if (before && !isSameLabels(now.Labels, before.Labels)) look(nodes.jobsOn(now.NodeID))
    onBetter()
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    return this.#sessions.deliver(nodeId, linkId, frames)
  }

  goodbye(nodeId: NodeId): Promise<void> {
    return this.#inTurn(nodeId, () => this.#disconnect(nodeId, 'graceful shutdown'))
  }

  async approve(nodeId: NodeId): Promise<void> {
    await this.#judge(nodeId, 'APPROVED', 'node already approved')
    this.#parts.onBetter()
  }

  async reject(nodeId: NodeId): Promise<void> {
    await this.#judge(nodeId, 'REJECTED', 'node already rejected')
    await this.#disconnect(nodeId, 'node rejected')
  }

  /** When it comes back it has to begin anew: it would take the first frames under the old link for some that it knows. */
  async remove(nodeId: NodeId): Promise<void> {
    this.#sessions.close(nodeId)
    this.#leaving.delete(nodeId)
    this.#forgetful.removed(nodeId)
    const { putFacts } = forgottenKey(nodeId)
    await this.#forget(nodeId, {
      removeNodes: [nodeId],
      putFacts: { ...putFacts, [linkFact(nodeId)]: this.#parts.newLinkId() },
    })
  }

  /** Undefined: it takes work again. */
  async setCordon(nodeId: NodeId, wanted: Cordon | undefined): Promise<void> {
    const { Cordon: present, ...state } = this.#known(nodeId)
    if (present === wanted) {
      const already = wanted === undefined ? 'node is not cordoned' : `node already ${wanted.toLowerCase()}`
      throw new Fault('Conflict', already, { component })
    }
    await this.#put({ ...state, ...(wanted ? { Cordon: wanted } : {}) })
    if (wanted === undefined) this.#parts.onBetter()
    this.#parts.look(this.#parts.nodes.jobsOn(nodeId))
  }

  async #judge(nodeId: NodeId, verdict: MembershipWord, already: string): Promise<void> {
    const state = this.#known(nodeId)
    if (state.Membership === verdict) throw new Fault('Conflict', already, { component })
    await this.#put({ ...state, Membership: verdict })
  }

  /**
   * Whether a node with another store bears this name and is alive: the newcomer would take its place, and it the
   * newcomer's, for ever. When the newcomer is the same node with an empty folder, the old one falls silent. Go nodes,
   * which name no link, tell no stores apart.
   */
  async #isTaken({ NodeInfo: { NodeID }, StoreID, LinkID }: Handshake): Promise<boolean> {
    const { ledger, settings } = this.#parts
    const knownStore = await ledger.store.fact(storeFact(NodeID))
    const isAlive = this.#sessions.isHeardWithin(NodeID, silentBeats * settings.heartbeatIntervalMs)
    return isAlive && LinkID !== undefined && StoreID !== knownStore
  }

  #known(nodeId: NodeId): NodeState {
    const { nodes } = this.#parts
    if (nodes.isDoubtful)
      throw new Fault('ServiceUnavailable', 'the nodes are being read again', { component, isRetryable: true })
    const state = nodes.get(nodeId)
    if (!state) throw new Fault('NotFound', `nodeInfo not found for nodeID: ${nodeId}`, { component })
    return state
  }

  /** The link both sides remember; a new one when either has lost its memory. */
  async #agreedLink({ NodeInfo: { NodeID }, StoreID, LinkID }: Handshake): Promise<Agreed> {
    const { store } = this.#parts.ledger
    const knownStore = await store.fact(storeFact(NodeID))
    const known = await store.fact(linkFact(NodeID))
    const isSameStore = knownStore === (StoreID ?? knownStore)
    if (isSameStore && known !== undefined && known === (LinkID ?? known)) return { linkId: known, lost: [] }
    const made = this.#parts.newLinkId()
    const putFacts = { [storeFact(NodeID)]: StoreID ?? knownStore ?? '', [linkFact(NodeID)]: made }
    return { linkId: made, lost: await this.#forget(NodeID, { putFacts }) }
  }

  /** Of another process than was known, what it does not tell of in time is lost; also when we restart meanwhile. */
  async #noteProcess(nodeId: NodeId, processId: string): Promise<void> {
    const { store } = this.#parts.ledger
    const known = readProcess(await store.fact(processFact(nodeId)))
    const isSame = known?.processId === processId
    if (isSame && known.isSettled) return
    const process = isSame ? known : { processId, ns: this.#parts.clock.nowNs(), isSettled: known === undefined }
    if (!isSame) await this.#commit({ putFacts: { [processFact(nodeId)]: processText(process) } })
    if (!process.isSettled) this.#forgetful.restarted(nodeId, process)
  }

  /** What was under way between the node and us is void, and its executions are lost. */
  async #forget(nodeId: NodeId, change: Change): Promise<ExecutionId[]> {
    const { ledger, clock } = this.#parts
    const live = await ledger.store.liveExecutions(nodeId)
    await this.#commit({
      ...change,
      resetPeers: [nodeId],
      ...lossOf(live, clock.nowNs()),
    })
    this.#parts.look(live.map(({ JobID }) => JobID))
    return live.map(({ ID }) => ID)
  }

  /** Tells the node to end what it still holds and nobody wants any more. */
  async #takeBack(nodeId: NodeId, held: Handshake['LiveExecutions']): Promise<void> {
    const outbox: OutboxMessages = []
    for (const ExecutionID of held) {
      const execution = await this.#parts.ledger.store.execution(ExecutionID)
      const isWanted =
        execution && execution.NodeID === nodeId && !isTerminalExecution(execution.ComputeState.StateType)
      if (!isWanted) outbox.push(takeBack(nodeId, ExecutionID))
    }
    if (outbox.length > 0) await this.#commit({ outbox })
  }

  /** What could not be stored is tried again, and what Go nodes have forgotten is lost. */
  #lookAfterGone(): void {
    for (const [nodeId, why] of this.#leaving) this.#disconnect(nodeId, why).catch(() => {})
    const hasWork = (nodeId: NodeId): boolean => this.#parts.nodes.jobsOn(nodeId).size > 0
    for (const [nodeId, since] of this.#forgetful.due(hasWork)) this.#loseForgotten(nodeId, since).catch(() => {})
  }

  async #loseForgotten(nodeId: NodeId, unchangedSince: bigint): Promise<void> {
    const { ledger, clock } = this.#parts
    const live = this.#parts.nodes.jobsOn(nodeId).size > 0 ? await ledger.store.liveExecutions(nodeId) : []
    const lost = live.filter(({ ModifyTime }) => ModifyTime < unchangedSince)
    if (lost.length > 0) {
      const outbox = lost.map(({ ID }) => takeBack(nodeId, ID))
      await this.#commit({ ...lossOf(lost, clock.nowNs()), outbox })
      this.#parts.look(lost.map(({ JobID }) => JobID))
    }
    const process = readProcess(await ledger.store.fact(processFact(nodeId)))
    if (process && !process.isSettled)
      await this.#commit({ putFacts: { [processFact(nodeId)]: processText({ ...process, isSettled: true }) } })
    this.#forgetful.settle(nodeId)
  }

  async #disconnect(nodeId: NodeId, why: string): Promise<void> {
    this.#sessions.close(nodeId)
    this.#forgetful.silent(nodeId)
    const state = this.#parts.nodes.get(nodeId)
    if (!state) return
    this.#leaving.set(nodeId, why)
    await this.#put(disconnectedNode(state, why, this.#parts.clock.nowNs()))
    this.#leaving.delete(nodeId)
    this.#parts.look(this.#parts.nodes.jobsOn(nodeId))
  }

  async #put(state: NodeState): Promise<void> {
    await this.#commit({ putNodes: [state] })
  }

  async #commit(change: Change): Promise<void> {
    const outcome = await this.#parts.ledger.commit(change)
    if (outcome.kind === 'applied') await outcome.durable
    if (outcome.kind === 'conflict') throw new Fault('Conflict', outcome.what, { isRetryable: true })
  }
}

/** The link both count under, and what was lost because it is a new one. */
type Agreed = { linkId: string; lost: readonly ExecutionId[] }

type OutboxMessages = NonNullable<Change['outbox']>[number][]

const isSameLabels = (a: NodeInfo['Labels'], b: NodeInfo['Labels']): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
