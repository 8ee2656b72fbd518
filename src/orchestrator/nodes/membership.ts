import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { ResultSigner } from '#contracts/result-signer.ts'
import type { Change } from '#contracts/store.ts'
import type { NodeUploadQuery } from '#contracts/upload-store.ts'
import { assert } from '#lib/assert.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Post } from '#link/post.ts'
import { type ExecutionId, isNodeId, type NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
  ResultOffer,
  ResultOfferReply,
  UploadRequest,
} from '#models/messages/messages.ts'
import { isOurs, type Membership as MembershipWord, type NodeInfo, type NodeState } from '#models/node.ts'
import type { Evaluations } from '../evaluations.ts'
import type { Inbox } from '../inbox.ts'
import type { Ledger } from '../ledger.ts'
import type { ResultTaker } from '../results/result-taker.ts'
import { uploadAddress } from '../results/upload-address.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { agreedLink, isOtherStore, type LinkParts, linkBegunAnew } from './agreed-link.ts'
import type { Awake } from './awake.ts'
import { isSameLabels } from './label-index.ts'
import { LostWork } from './lost-work.ts'
import { forgottenKey, keptKey, keyOf } from './node-keys.ts'
import { connectedNode, disconnectedNode, heardNode, toldNode } from './node-states.ts'
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
  awake: Awake
  inbox: Inbox
  evaluations: Evaluations
  settings: MembershipSettings
  newLinkId: () => string
  results: ResultTaker
  /** Absent = it has no store of its own for results. */
  signer?: ResultSigner | undefined
  uploads: Uploads
  log: EventLog
}

/** A live node is heard of at least once in so many times its interval. */
const silentBeats = 2

/** Who belongs to the cluster and who can be reached: the orchestrator's end of every link. */
export class Membership implements OrchestratorEnd {
  readonly #parts: MembershipParts
  readonly #sessions: Sessions
  readonly #lostWork: LostWork
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
      onListening: (nodeId, isListening) => this.#setListening(nodeId, isListening),
      onSilent: (nodeId) => void this.disconnect(nodeId, 'heartbeat timeout').catch(() => {}),
    })
    this.#lostWork = new LostWork({ ...parts, disconnectAfterMs: parts.settings.disconnectAfterMs })
  }

  /** A node of this process shares our store and cannot fall silent. */
  addLocal(nodeId: NodeId): void {
    this.#sessions.localNodes.add(nodeId)
  }

  /** A node of this process has not greeted yet. */
  get isLocalMissing(): boolean {
    return this.#sessions.isLocalMissing
  }

  start(): void {
    const everyMs = sweepEveryMs(this.#parts.settings)
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
    const { nodes, settings, clock, ledger, log } = this.#parts
    const info = request.NodeInfo
    const refuse = (Reason: string): HandshakeReply => {
      log('node_refused', { nodeId: info.NodeID, reason: Reason })
      return { IsAccepted: false, Reason, LinkID: '', HeartbeatIntervalMs: settings.heartbeatIntervalMs }
    }
    if (!isNodeId(info.NodeID)) return refuse('the node id is not valid')
    if (info.NodeType !== 'Compute') return refuse('node is not a compute node')
    if (await this.#isTaken(request)) return refuse('another node of this name is connected')
    const { linkId, lost } = await agreedLink(this.#linkParts, request)
    // Operators judge at any time: what is known is read when nothing is waited for any more, and once again.
    const known = nodes.get(info.NodeID)
    if (known?.Membership === 'REJECTED') return refuse(rejection(known))
    const { durable } = await this.#note(
      connectedNode(info, known ?? { Membership: settings.defaultMembership }, clock.nowNs()),
    )
    durable.catch(() => this.disconnect(info.NodeID, 'its greeting could not be stored').catch(() => {}))
    const judged = nodes.get(info.NodeID)
    if (judged?.Membership === 'REJECTED') return refuse(rejection(judged))
    this.#leaving.delete(info.NodeID)
    this.#sessions.open(info.NodeID, linkId, back)
    nodes.setListening(info.NodeID, true)
    this.#parts.results.renewed(info.NodeID)
    if (request.PublicKey !== undefined && request.PublicKey !== (await keyOf(ledger.store, info.NodeID)))
      await ledger.commitDurably(keptKey(info.NodeID, request.PublicKey))
    await this.#lostWork.takeBack(info.NodeID, [...request.LiveExecutions, ...lost])
    if (request.ProcessID !== undefined) await this.#lostWork.noteProcess(info.NodeID, request.ProcessID)
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
    this.#setListening(beat.NodeID, true)
    this.#lostWork.hear(state, beat)
    return { IsKnown: true }
  }

  async updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    const { nodes, clock } = this.#parts
    const state = nodes.get(info.NodeID)
    if (!state || !this.#sessions.has(info.NodeID)) return { IsKnown: false }
    await this.#put(toldNode(state, info, clock.nowNs()))
    this.#changed(info, state.Info)
    return { IsKnown: true }
  }

  /** A node of ours greets when its line is open again: until then it takes no order. */
  lineChanged(nodeId: NodeId, isOpen: boolean): void {
    const state = this.#parts.nodes.get(nodeId)
    if (!state || !this.#sessions.has(nodeId) || (isOpen && isOurs(state.Info))) return
    this.#setListening(nodeId, isOpen)
  }

  /** What waits for it can go on, or goes elsewhere. */
  #setListening(nodeId: NodeId, isListening: boolean): void {
    if (this.#parts.nodes.setListening(nodeId, isListening) && isListening) this.#parts.evaluations.nodeImproved()
  }

  /** Work that waits may have a place there now, and what is there may have none any more. */
  #changed(now: NodeInfo, before: NodeInfo | undefined): void {
    const { nodes, evaluations } = this.#parts
    if (before && !isSameLabels(now.Labels, before.Labels)) evaluations.askFor(nodes.jobsOn(now.NodeID), 'node-leave')
    evaluations.nodeImproved()
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    return this.#sessions.deliver(nodeId, linkId, frames)
  }

  takeResult(nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply> {
    return this.#parts.results.take(nodeId, offer)
  }

  uploadAddress(nodeId: NodeId, { ExecutionID }: UploadRequest): Promise<string> {
    const { ledger, signer } = this.#parts
    return uploadAddress(ledger.store, signer, nodeId, ExecutionID)
  }

  readUpload(nodeId: NodeId, query: NodeUploadQuery): Promise<ResultPart> {
    return this.#parts.uploads.read(nodeId, query)
  }

  goodbye(nodeId: NodeId): Promise<void> {
    return this.#inTurn(nodeId, () => this.disconnect(nodeId, 'graceful shutdown'))
  }

  /** It may come back as somebody new; what it has is lost. */
  async remove(nodeId: NodeId): Promise<void> {
    const { putFacts: key } = forgottenKey(nodeId)
    const { putFacts: link } = linkBegunAnew(nodeId, this.#parts.newLinkId())
    await this.#beginAnew(nodeId, 'node removed', { removeNodes: [nodeId], putFacts: { ...key, ...link } })
    this.#lostWork.removed(nodeId)
  }

  /** Ends what is said between the node and us, until it greets again. Tried again until it is stored. */
  async disconnect(nodeId: NodeId, why: string): Promise<void> {
    this.#sessions.close(nodeId)
    this.#lostWork.silent(nodeId)
    const { nodes } = this.#parts
    this.#leaving.set(nodeId, why)
    // Read again, it is away, as nobody speaks for it; that is stored later.
    if (nodes.isDoubtful) return
    const state = nodes.get(nodeId)
    if (!state) return void this.#leaving.delete(nodeId)
    await this.#note(disconnectedNode(state, why, this.#parts.clock.nowNs()))
    this.#leaving.delete(nodeId)
    this.#parts.evaluations.askFor(nodes.jobsOn(nodeId), 'node-leave')
    this.#setListening(nodeId, true)
  }

  get #linkParts(): LinkParts {
    const { ledger, newLinkId } = this.#parts
    return {
      store: ledger.store,
      newLinkId,
      beginAnew: (nodeId, change) => this.#beginAnew(nodeId, 'new link', change),
    }
  }

  /** Disconnected first, so that nothing more is placed on it while what it has is counted as lost. */
  async #beginAnew(nodeId: NodeId, why: string, change: Change): Promise<ExecutionId[]> {
    await this.disconnect(nodeId, why)
    return this.#lostWork.loseAll(nodeId, change)
  }

  /**
   * Whether a node with another store bears this name and is alive: the newcomer would take its place, and it the
   * newcomer's, for ever. When the newcomer is the same node with an empty folder, the old one falls silent.
   */
  async #isTaken(request: Handshake): Promise<boolean> {
    const { ledger, settings } = this.#parts
    const isAlive = this.#sessions.isHeardWithin(request.NodeInfo.NodeID, silentBeats * settings.heartbeatIntervalMs)
    return isAlive && (await isOtherStore(ledger.store, request))
  }

  #lookAfterGone(): void {
    for (const [nodeId, why] of this.#leaving) this.disconnect(nodeId, why).catch(() => {})
    this.#lostWork.lookAfter()
  }

  /** Nodes come and go often, and many at a time. Who is there is found out anew after a restart, so this is not waited for. */
  async #note(state: NodeState): Promise<{ durable: Promise<void> }> {
    const outcome = await this.#parts.ledger.commit({ putNodes: [state], canWait: true })
    assert(outcome.kind === 'applied', 'the state of a node is written over whatever there is')
    return outcome
  }

  async #put(state: NodeState): Promise<void> {
    await this.#parts.ledger.commitDurably({ putNodes: [state] })
  }
}

/** How often it is looked after what has gone. */
export const sweepEveryMs = ({ disconnectAfterMs }: Pick<MembershipSettings, 'disconnectAfterMs'>): number =>
  Math.max(1_000, disconnectAfterMs / 3)

/** With what its operator said of it. */
const rejection = ({ Message }: NodeState): string => `node has been rejected${Message ? `: ${Message}` : ''}`
