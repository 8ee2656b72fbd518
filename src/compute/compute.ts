import type { Disk } from '#contracts/disk.ts'
import type { Engine } from '#contracts/engine.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStore } from '#contracts/log-store.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { OfferedQuery, ResultPart, ResultQuery } from '#contracts/publisher.ts'
import type { Store } from '#contracts/store.ts'
import type { Verdict } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { orchestratorPeer, type Post } from '#link/post.ts'
import { Receiver } from '#link/receiver.ts'
import { selectedOutput } from '#link/selected-output.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import type { Resources } from '#models/resources.ts'
import { Bidding } from './bidding.ts'
import type { BidSettings } from './bids/bid-rule.ts'
import { Holdings } from './held.ts'
import { Ledger } from './ledger.ts'
import { Offers } from './offers.ts'
import { Orders } from './orders.ts'
import type { PortPool } from './ports.ts'
import type { Registries } from './registry.ts'
import { Runner } from './runner.ts'
import { Starter } from './starter.ts'
import type { HostEnvironment } from './steps/environment.ts'
import { Sweeps } from './sweeps.ts'

export type ComputeParts = {
  nodeId: NodeId
  store: Store
  post: Post
  clock: Clock
  disk: Disk
  logs: LogStore
  registries: Registries
  bids: BidSettings
  capacity: Resources
  host: HostEnvironment
  ports: PortPool
  /** How long a result is tried to be published that its store does not take. */
  publishForMs: number
  /** Folder for what executions need while they live. */
  executionsDirectory: string
  /** The orchestrator runs in this process on the same store. */
  sharesStore: boolean
  log: EventLog
}

const recoveryRetryMs = 1_000

/**
 * The compute part of a node. Work goes one way: orders → bidding → starter → runner; each writes what it did, with the
 * report for the orchestrator, into the ledger.
 */
export class Compute implements ComputeEnd, Startable {
  readonly #parts: ComputeParts
  readonly #holdings = new Holdings()
  readonly #ledger: Ledger
  readonly #starter: Starter
  readonly #orders: Orders
  readonly #offers: Offers
  readonly #receiver: Receiver<OrchestratorMessage>
  readonly #sweeps: Sweeps
  #linkId: string | undefined
  #isStopped = false

  constructor(parts: ComputeParts) {
    this.#parts = parts
    const { post, store, sharesStore } = parts
    const holdings = this.#holdings
    this.#sweeps = new Sweeps(parts, holdings)
    const ledger = new Ledger(parts, holdings)
    const starter = new Starter(parts, holdings, ledger, new Runner(parts, holdings, ledger))
    const bidding = new Bidding(parts, holdings, ledger, starter)
    this.#offers = new Offers(parts, holdings, ledger)
    const orders = new Orders({ post, holdings, ledger, starter, bidding })
    this.#ledger = ledger
    this.#starter = starter
    this.#orders = orders
    this.#receiver = new Receiver<OrchestratorMessage>(
      orchestratorPeer,
      store,
      ([order], receipt) => orders.apply(order as OrchestratorMessage, receipt),
      { sharedOutbox: sharesStore ? parts.nodeId : undefined },
    )
  }

  /** Takes up what the last life of this node left: bids again, queues again, takes hold of what still runs. */
  async start(): Promise<void> {
    const { store, post, clock, registries } = this.#parts
    await this.#takeUp()
    this.#offers.start()
    const { engines } = registries
    await Promise.all(engines.all.map(async (engine) => this.engineFound(engine, await engines.verdict(engine))))
    // A group of commits that was rolled back may have taken orders and ends with it: what is stored counts.
    store.onLost(() => {
      post.reload()
      clock.after(0, () => this.#takeUpAgain())
    })
  }

  /** Starts nothing more, and resolves when what runs has ended and the orchestrator knows, if it can be reached. */
  async drain(): Promise<void> {
    this.#starter.stop()
    const running = this.#holdings.all.filter(({ row }) => row.state === 'Running')
    await Promise.allSettled(running.map(({ done }) => done))
    await this.#parts.post.resting(orchestratorPeer)
  }

  /** Lets go of everything: what can outlive us keeps running, the rest is taken up at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#sweeps.stop()
    this.#starter.stop()
    this.#ledger.stop()
    await this.#offers.stop()
    this.#holdings.leave()
    await Promise.allSettled(this.#holdings.all.map(({ done }) => done))
  }

  /** Frames are taken only while a handshake holds, and only of its link: both sides agree on what the numbers count. */
  setLink(linkId: string | undefined): void {
    this.#linkId = linkId
  }

  deliver(linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    if (this.#linkId !== linkId)
      return Promise.reject(new Fault('ServiceUnavailable', 'shake hands first', { isRetryable: true }))
    return this.#receiver.deliver(linkId, frames)
  }

  /** A follower of work that has not started yet waits for it. */
  async *readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const held = this.#holdings.get(query.executionId)
    if (held && query.isFollowing) await Promise.race([held.readable, aborted(signal)])
    if (!signal.aborted) yield* selectedOutput(this.#parts.logs.read(query, signal), query)
  }

  async readResult(query: ResultQuery | OfferedQuery): Promise<ResultPart> {
    for (const publisher of this.#parts.registries.publishers.all) {
      const part = await ('chunkListId' in query ? publisher.readOffered?.(query) : publisher.readKept?.(query))
      if (part) return part
    }
    throw new Fault('NotFound', `node ${this.#parts.nodeId} keeps no result of execution ${query.executionId}`, {
      component: 'LocalPublisher',
      hint: 'The operator of the node, or the retention set there, may have removed it.',
    })
  }

  /** An engine works here from now on, or does not any more. */
  engineFound(engine: Engine, verdict: Verdict): Promise<void> {
    return this.#sweeps.found(engine, verdict)
  }

  /** Leaves nothing of this node on its engines. */
  removeAll(): Promise<void> {
    return this.#sweeps.removeAll()
  }

  /** What there is for executions from now on. */
  setCapacity(capacity: Resources): void {
    this.#starter.resize(capacity)
  }

  get live(): ExecutionId[] {
    return this.#holdings.all.map(({ id }) => id)
  }

  /** For heartbeats. */
  get load(): { available: Resources; queued: Resources; running: number; enqueued: number } {
    const running = this.#holdings.all.filter(({ row }) => row.state === 'Running').length
    return { ...this.#starter.load, running }
  }

  /** The orchestrator has forgotten us, or we serve another one now: nothing held is wanted any more. */
  async dropAll(): Promise<void> {
    for (const held of this.#holdings.all) await this.#orders.cancel(held)
  }

  async #takeUp(): Promise<void> {
    if (this.#isStopped) return
    this.#orders.takeUp(await this.#parts.store.workInStates(['New', 'Queued', 'Running', 'Offered', 'Stopping']))
  }

  /** Until it succeeds: what is not taken up would wait for the next start of this node. */
  #takeUpAgain(): void {
    this.#takeUp().catch((error: unknown) => {
      this.#parts.log('recovery_failed', { error })
      this.#parts.clock.after(recoveryRetryMs, () => this.#takeUpAgain())
    })
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
