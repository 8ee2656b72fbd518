import type { Subscription } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { orchestratorPeer, type Post } from '#link/post.ts'
import type { NodeId } from '#models/ids.ts'
import type { ComputeMessage, Frame } from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import type { Compute } from './compute.ts'
import { ToldInfo } from './told-info.ts'

export type ConnectionParts = {
  nodeId: NodeId
  store: Store
  post: Post
  clock: Clock
  compute: Compute
  orchestrator: OrchestratorEnd
  /** What this node says of itself, as of now. */
  info: () => Promise<NodeInfo>
  /** How often this node says at least that it lives; an orchestrator may want to hear it more often. */
  beatEveryMs: number
  sharesStore: boolean
  /** Calls back when the way to the orchestrator is open again after it was cut. */
  onReachable?: (handler: () => void) => Subscription
  log: EventLog
}

const firstRetryMs = 500
/** An orchestrator that is busy has its ten seconds to answer besides. */
const lastRetryMs = 5_000
const linkFact = 'link'

/** Keeps the node in touch with its orchestrator: handshake, heartbeats, changed information, and all over again. */
export class Connection implements Startable {
  readonly #parts: ConnectionParts
  readonly #told: ToldInfo
  #timer: Timer | undefined
  #linkId = ''
  #failures = 0
  #isStopped = false
  #isConnecting = false
  /** The way was opened, or the orchestrator came, while a handshake was under way, which may have met nobody. */
  #isCalled = false
  /** Not let in: another node may bear this name, so nothing is said in it. */
  #isRefused = false
  /** The orchestrator may know of this node. */
  #hasGreeted = false
  #watch: Subscription | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#told = new ToldInfo(parts)
  }

  /** Tries once at once; when the orchestrator is not there yet, it goes on trying in the background. */
  async start(): Promise<void> {
    if (this.#parts.sharesStore) await this.#connect()
    else this.#connect().catch(() => {})
    this.#watch = this.#parts.onReachable?.(() => this.#reconnectNow())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#watch?.stop()
    this.#timer?.stop()
    this.#disconnected()
    if (this.#isRefused || !this.#hasGreeted) return
    await this.#parts.orchestrator.goodbye(this.#parts.nodeId).catch(() => {})
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return
    this.#isConnecting = true
    this.#isCalled = false
    await this.#shakeHands().finally(() => {
      this.#isConnecting = false
    })
  }

  async #shakeHands(): Promise<void> {
    const { nodeId, orchestrator, compute, store, post, info, beatEveryMs, sharesStore, log } = this.#parts
    try {
      const NodeInfo = await info()
      if (this.#isStopped) return
      this.#hasGreeted = true
      const reply = await orchestrator.handshake(
        {
          NodeInfo,
          StoreID: store.storeId,
          LinkID: (await store.fact(linkFact)) ?? '',
          LiveExecutions: compute.live,
        },
        compute,
      )
      this.#isRefused = !reply.IsAccepted
      if (this.#isStopped) return
      if (!reply.IsAccepted) {
        log('handshake_refused', { reason: reply.Reason })
        return this.#retryLater()
      }
      await this.#adopt(reply.LinkID)
      this.#failures = 0
      this.#linkId = reply.LinkID
      this.#told.told(NodeInfo)
      compute.setLink(reply.LinkID)
      post.connect(
        orchestratorPeer,
        (frames) => orchestrator.deliver(nodeId, reply.LinkID, frames as Frame<ComputeMessage>[]),
        { sharesStore },
      )
      this.#beatLater(Math.min(beatEveryMs, reply.HeartbeatIntervalMs))
      // It may have changed while the hands were shaken.
      void this.tellChange()
    } catch (error) {
      log('handshake_failed', { error })
      this.#retryLater()
    }
  }

  /** A new link: another orchestrator, or one of us lost its memory. What we owe and own belongs to the old one. */
  async #adopt(linkId: string): Promise<void> {
    const { store, compute } = this.#parts
    const known = await store.fact(linkFact)
    if (known === linkId) return
    await compute.dropAll()
    const outcome = await store.commit({
      resetPeers: [orchestratorPeer],
      putFacts: { [linkFact]: linkId },
    })
    if (outcome.kind === 'applied') await outcome.durable
  }

  #beatLater(everyMs: number): void {
    this.#timer?.stop()
    const timer = this.#parts.clock.after(everyMs, () => {
      this.#beat().then(
        (isKnown) => {
          if (this.#timer !== timer) return
          if (isKnown) this.#beatLater(everyMs)
          else this.#reconnectNow()
        },
        () => {
          if (this.#timer === timer) this.#reconnect()
        },
      )
    })
    this.#timer = timer
  }

  /** The orchestrator is there again, or has forgotten us: no need to wait. */
  #reconnectNow(): void {
    if (this.#isStopped) return
    this.#failures = 0
    this.#isCalled = this.#isConnecting
    if (this.#isConnecting) return
    this.#timer?.stop()
    this.#disconnected()
    this.#connect().catch(() => {})
  }

  async #beat(): Promise<boolean> {
    const { nodeId, compute, orchestrator } = this.#parts
    const { available, queued, running, enqueued } = compute.load
    const reply = await orchestrator.heartbeat({
      NodeID: nodeId,
      LinkID: this.#linkId,
      AvailableCapacity: available,
      QueueUsedCapacity: queued,
      RunningExecutions: running,
      EnqueuedExecutions: enqueued,
    })
    if (this.#told.isUntold) void this.tellChange()
    return reply.IsKnown
  }

  /** What this node says of itself may have changed. What does not get through is told at the next beat or handshake. */
  async tellChange(): Promise<void> {
    if (!this.#isStopped && !this.#isRefused) await this.#told.tellChange()
  }

  #reconnect(): void {
    this.#disconnected()
    if (!this.#isStopped) this.#retryLater()
  }

  #disconnected(): void {
    this.#parts.compute.setLink(undefined)
    this.#parts.post.disconnect(orchestratorPeer)
  }

  #retryLater(): void {
    if (this.#isStopped) return
    const pauseMs = this.#isCalled ? 0 : Math.min(lastRetryMs, firstRetryMs * 2 ** this.#failures)
    this.#failures += 1
    this.#timer?.stop()
    this.#timer = this.#parts.clock.after(pauseMs, () => {
      this.#connect().catch(() => {})
    })
  }
}
