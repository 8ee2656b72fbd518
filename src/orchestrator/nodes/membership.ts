import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { Change } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Post } from '#link/post.ts'
import { Receiver } from '#link/receiver.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { isNodeId, type JobId, type NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
  OrchestratorMessage,
} from '#models/messages/messages.ts'
import type { ConnectionState, Membership as MembershipWord, NodeInfo, NodeState } from '#models/node.ts'
import type { Inbox } from '../inbox.ts'
import type { Ledger } from '../ledger.ts'
import { lostExecution } from './lost.ts'
import type { NodeTable } from './node-table.ts'

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
  /** Somebody joined, was approved, or changed its labels or resources: what waits may find a place now. */
  onBetter: () => void
  /** These jobs have to be looked at: a node of theirs is gone. */
  look: (jobIds: Iterable<JobId>) => void
}

type Session = {
  receiver: Receiver<ComputeMessage>
  readonly back: ComputeEnd
  readonly storeId: string
  lastHeartbeatMs: number
  readonly isLocal: boolean
}

const zeroConnection: ConnectionState = {
  Status: 'DISCONNECTED',
  LastHeartbeat: 0n,
  LastComputeSeqNum: 0,
  LastOrchestratorSeqNum: 0,
  ConnectedSince: 0n,
  DisconnectedSince: 0n,
  LastError: '',
}

const storeFact = (nodeId: NodeId): string => `node-store:${nodeId}`

/** Who belongs to the cluster and who can be reached: the orchestrator's end of every link. */
export class Membership implements OrchestratorEnd {
  readonly #parts: MembershipParts
  readonly #sessions = new Map<NodeId, Session>()
  /** Gone, and why, while that is not stored yet. */
  readonly #leaving = new Map<NodeId, string>()
  #sweep: Timer | undefined
  /** Nodes of this process share our store and cannot fall silent. */
  readonly localNodes = new Set<NodeId>()

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  start(): void {
    const everyMs = Math.max(1_000, this.#parts.settings.disconnectAfterMs / 3)
    const again = (): void => {
      this.#sweep = this.#parts.clock.after(everyMs, () => {
        this.#sweepSilent()
        again()
      })
    }
    again()
  }

  stop(): void {
    this.#sweep?.stop()
    for (const nodeId of this.#sessions.keys()) this.#parts.post.disconnect(nodeId)
    this.#sessions.clear()
  }

  isConnected(nodeId: NodeId): boolean {
    return this.#sessions.has(nodeId)
  }

  /** How to reach a connected node. */
  end(nodeId: NodeId): ComputeEnd | undefined {
    return this.#sessions.get(nodeId)?.back
  }

  async handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const { nodes, ledger, settings, clock } = this.#parts
    const info = request.NodeInfo
    const refuse = (Reason: string): HandshakeReply => ({
      IsAccepted: false,
      Reason,
      StoreID: ledger.store.storeId,
      HeartbeatIntervalMs: settings.heartbeatIntervalMs,
    })
    if (!isNodeId(info.NodeID)) return refuse('the node id is not valid')
    if (info.NodeType !== 'Compute') return refuse('node is not a compute node')
    const known = nodes.get(info.NodeID)
    if (known?.Membership === 'REJECTED') return refuse('node has been rejected')
    const isSameStore = (await ledger.store.fact(storeFact(info.NodeID))) === request.StoreID
    const knowsUs = request.OrchestratorStoreID === ledger.store.storeId
    if (!isSameStore || !knowsUs) await this.#forget(info.NodeID, request.StoreID)
    const now = clock.nowNs()
    await this.#put({
      Info: info,
      Membership: known?.Membership ?? settings.defaultMembership,
      ConnectionState: { ...zeroConnection, Status: 'CONNECTED', LastHeartbeat: now, ConnectedSince: now },
    })
    this.#openSession(info.NodeID, request.StoreID, back)
    await this.#takeBack(info.NodeID, request.LiveExecutions)
    this.#parts.onBetter()
    return {
      IsAccepted: true,
      Reason: known ? 'node reconnected' : 'node registered',
      StoreID: ledger.store.storeId,
      HeartbeatIntervalMs: settings.heartbeatIntervalMs,
    }
  }

  async heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    const session = this.#sessions.get(beat.NodeID)
    const state = this.#parts.nodes.get(beat.NodeID)
    if (!session || !state) return { IsKnown: false }
    session.lastHeartbeatMs = this.#parts.clock.monotonicMs()
    const compute = state.Info.ComputeNodeInfo
    this.#parts.nodes.put({
      ...state,
      Info: compute
        ? {
            ...state.Info,
            ComputeNodeInfo: {
              ...compute,
              AvailableCapacity: beat.AvailableCapacity,
              QueueCapacity: beat.QueueUsedCapacity,
              RunningExecutions: beat.RunningExecutions,
              EnqueuedExecutions: beat.EnqueuedExecutions,
            },
          }
        : state.Info,
      ConnectionState: { ...state.ConnectionState, LastHeartbeat: this.#parts.clock.nowNs() },
    })
    return { IsKnown: true }
  }

  async updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    const state = this.#parts.nodes.get(info.NodeID)
    if (!state || !this.#sessions.has(info.NodeID)) return { IsKnown: false }
    await this.#put({ ...state, Info: info })
    this.#parts.onBetter()
    return { IsKnown: true }
  }

  deliver(nodeId: NodeId, senderStoreId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    const session = this.#sessions.get(nodeId)
    if (!session || session.storeId !== senderStoreId) {
      return Promise.reject(new Fault('ServiceUnavailable', 'shake hands first', { isRetryable: true }))
    }
    return session.receiver.deliver(senderStoreId, frames)
  }

  async goodbye(nodeId: NodeId): Promise<void> {
    await this.#disconnect(nodeId, 'graceful shutdown')
  }

  async approve(nodeId: NodeId): Promise<void> {
    await this.#judge(nodeId, 'APPROVED', 'node already approved')
    this.#parts.onBetter()
  }

  async reject(nodeId: NodeId): Promise<void> {
    await this.#judge(nodeId, 'REJECTED', 'node already rejected')
    await this.#disconnect(nodeId, 'node rejected')
  }

  async remove(nodeId: NodeId): Promise<void> {
    const jobIds = this.#parts.nodes.jobsOn(nodeId)
    await this.#disconnect(nodeId, 'node removed')
    await this.#commit({ removeNodes: [nodeId], resetPeers: [nodeId] })
    this.#parts.look(jobIds)
  }

  async #judge(nodeId: NodeId, verdict: MembershipWord, already: string): Promise<void> {
    const state = this.#parts.nodes.get(nodeId)
    if (!state) throw new Fault('NotFound', `nodeInfo not found for nodeID: ${nodeId}`, { component: 'NodesManager' })
    if (state.Membership === verdict) throw new Fault('Conflict', already, { component: 'NodesManager' })
    await this.#put({ ...state, Membership: verdict })
  }

  #openSession(nodeId: NodeId, storeId: string, back: ComputeEnd): void {
    const { ledger, post, inbox, clock } = this.#parts
    const isLocal = this.localNodes.has(nodeId)
    const receiver = new Receiver<ComputeMessage>(
      nodeId,
      ledger.store,
      (message, mark) => inbox.apply(nodeId, message, mark),
      { sharesStore: isLocal },
    )
    this.#leaving.delete(nodeId)
    this.#sessions.set(nodeId, { receiver, back, storeId, lastHeartbeatMs: clock.monotonicMs(), isLocal })
    post.connect(nodeId, (frames) => back.deliver(ledger.store.storeId, frames as Frame<OrchestratorMessage>[]), {
      sharesStore: isLocal,
    })
  }

  /** The node or we lost our memory: what was under way between us is void, and its executions are lost. */
  async #forget(nodeId: NodeId, storeId: string): Promise<void> {
    const { ledger, clock } = this.#parts
    const live = await ledger.store.liveExecutions(nodeId)
    const now = clock.nowNs()
    const lost = live.map((execution) => lostExecution(execution, now))
    await this.#commit({
      resetPeers: [nodeId],
      updateExecutions: lost.map(({ before, after }) => ({
        id: before.ID,
        expectedRevision: before.Revision,
        execution: after,
      })),
      history: lost.map(({ line }) => line),
      putFacts: { [storeFact(nodeId)]: storeId },
    })
    this.#parts.look(lost.map(({ after }) => after.JobID))
  }

  /** Tells the node to end what it still holds and nobody wants any more. */
  async #takeBack(nodeId: NodeId, held: Handshake['LiveExecutions']): Promise<void> {
    for (const executionId of held) {
      const execution = await this.#parts.ledger.store.execution(executionId)
      const isWanted =
        execution && execution.NodeID === nodeId && !isTerminalExecution(execution.ComputeState.StateType)
      if (isWanted) continue
      await this.#commit({
        outbox: [
          {
            peer: nodeId,
            message: { Kind: 'CancelExecution', Body: { ExecutionID: executionId, Reason: 'no longer wanted' } },
          },
        ],
      })
    }
  }

  #sweepSilent(): void {
    const { clock, settings } = this.#parts
    const silentSince = clock.monotonicMs() - settings.disconnectAfterMs
    for (const [nodeId, session] of this.#sessions) {
      if (!session.isLocal && session.lastHeartbeatMs < silentSince) this.#leaving.set(nodeId, 'heartbeat timeout')
    }
    for (const [nodeId, why] of this.#leaving) this.#disconnect(nodeId, why).catch(() => {})
  }

  async #disconnect(nodeId: NodeId, why: string): Promise<void> {
    this.#sessions.delete(nodeId)
    this.#parts.post.disconnect(nodeId)
    const state = this.#parts.nodes.get(nodeId)
    if (!state) return
    this.#leaving.set(nodeId, why)
    await this.#put({
      ...state,
      ConnectionState: {
        ...state.ConnectionState,
        Status: 'DISCONNECTED',
        DisconnectedSince: this.#parts.clock.nowNs(),
        LastError: why,
      },
    })
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
