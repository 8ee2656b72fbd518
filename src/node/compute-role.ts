import { Availability } from '#compute/availability.ts'
import type { BidSettings } from '#compute/bids/bid-rule.ts'
import { Compute } from '#compute/compute.ts'
import { Connection } from '#compute/connection.ts'
import { type LiveFacts, type NodeFacts, nodeInfoOf } from '#compute/node-info.ts'
import { type PortParts, PortPool } from '#compute/ports.ts'
import { type Installable, type Registries, Registry } from '#compute/registry.ts'
import type { HostEnvironment } from '#compute/steps/environment.ts'
import type { Subscription } from '#contracts/bus.ts'
import type { Disk } from '#contracts/disk.ts'
import type { LogStore } from '#contracts/log-store.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Store } from '#contracts/store.ts'
import type { Verdict } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { type Startable, startAll, stopAll } from '#lib/lifecycle.ts'
import { Post } from '#link/post.ts'
import type { NodeInfo } from '#models/node.ts'

export type ComputeRoleParts = {
  facts: NodeFacts
  store: Store
  clock: Clock
  disk: Disk
  logs: LogStore
  providers: readonly Provider[]
  bids: Omit<BidSettings, 'maxPerJob'>
  host: HostEnvironment
  /** What jobs get where they name no port, and how it is seen that one is free. */
  ports: PortParts
  /** How long a result is tried to be published that its store does not take. */
  publishForMs: number
  /** How often the node says at least that it lives. */
  beatEveryMs: number
  executionsDirectory: string
  orchestrator: OrchestratorEnd
  sharesStore: boolean
  /** It has no next life that takes up what it leaves. */
  isPassing?: boolean
  onReachable?: (handler: () => void) => Subscription
  log: EventLog
}

/** The compute part of a node, wired: providers, registries, runner, connection. */
export class ComputeRole implements Startable {
  readonly #parts: ComputeRoleParts
  readonly #registries: Registries
  readonly #post: Post
  readonly compute: Compute
  readonly #connection: Connection
  readonly #availability: Availability
  #facts: NodeFacts

  constructor(parts: ComputeRoleParts) {
    this.#parts = parts
    this.#facts = parts.facts
    const { clock, providers, store } = parts
    this.#registries = {
      engines: new Registry(
        clock,
        providers.flatMap((provider) => provider.engines ?? []),
        (engine) => [engine.type],
      ),
      storages: new Registry(
        clock,
        providers.flatMap((provider) => provider.storages ?? []),
        (storage) => storage.types,
      ),
      publishers: new Registry(
        clock,
        providers.flatMap((provider) => provider.publishers ?? []),
        (publisher) => [publisher.type],
      ),
    }
    this.#post = new Post(store, clock)
    this.compute = new Compute({
      nodeId: parts.facts.nodeId,
      store,
      post: this.#post,
      clock,
      disk: parts.disk,
      logs: parts.logs,
      registries: this.#registries,
      bids: { ...parts.bids, maxPerJob: () => this.#facts.maxPerJob },
      capacity: parts.facts.capacity,
      host: parts.host,
      ports: new PortPool(parts.ports),
      publishForMs: parts.publishForMs,
      executionsDirectory: parts.executionsDirectory,
      sharesStore: parts.sharesStore,
      log: parts.log,
    })
    this.#connection = new Connection({
      nodeId: parts.facts.nodeId,
      store,
      post: this.#post,
      clock,
      compute: this.compute,
      orchestrator: parts.orchestrator,
      info: () => this.info(),
      beatEveryMs: parts.beatEveryMs,
      sharesStore: parts.sharesStore,
      ...(parts.onReachable ? { onReachable: parts.onReachable } : {}),
      log: parts.log,
    })
    this.#availability = new Availability(clock, this.#registries, (...change) => this.#availabilityChanged(...change))
  }

  #availabilityChanged(component: Installable, verdict: Verdict): void {
    this.#logAvailability(component, verdict)
    const engine = this.#registries.engines.all.find((each) => each === component)
    if (engine) void this.compute.engineFound(engine, verdict)
    void this.#connection.tellChange()
  }

  /** What the operator has not set up is no news. */
  #logAvailability(component: Installable, verdict: Verdict): void {
    if (!verdict.isYes && verdict.isOff) return
    const [kind, registry] = this.#kinds.find((each) => each[1].has(component)) ?? []
    if (!registry) return
    const named = { [`${kind}`]: registry.typeOf(component) }
    if (verdict.isYes) this.#parts.log(`${kind}_available`, named)
    else this.#parts.log(`${kind}_unavailable`, { ...named, reason: verdict.reason })
  }

  async #logUnavailable(): Promise<void> {
    for (const [, registry] of this.#kinds) {
      for (const component of registry.all) {
        const verdict = await registry.verdict(component)
        if (!verdict.isYes) this.#logAvailability(component, verdict)
      }
    }
  }

  get #kinds(): [kind: 'engine' | 'storage' | 'publisher', registry: Registry<Installable>][] {
    const { engines, storages, publishers } = this.#registries
    return [
      ['engine', engines],
      ['storage', storages],
      ['publisher', publishers],
    ]
  }

  info(): Promise<NodeInfo> {
    return nodeInfoOf(this.#facts, this.compute, this.#registries)
  }

  /** Held to by what comes from now on, and told to the orchestrator; what runs goes on with what it has. */
  async setLiveFacts(facts: LiveFacts): Promise<void> {
    this.#facts = { ...this.#facts, ...facts }
    this.compute.setCapacity(facts.capacity)
    await this.#connection.tellChange()
  }

  async start(): Promise<void> {
    await startAll(this.#providerParts)
    await this.compute.start()
    await this.#logUnavailable()
    await this.#connection.start()
    await this.#availability.start()
  }

  async stop(): Promise<void> {
    await this.#availability.stop()
    await this.#connection.stop()
    await this.compute.stop()
    this.#post.stop()
    if (this.#parts.isPassing) await this.compute.removeAll()
    await Promise.all(this.#registries.engines.all.map((engine) => engine.close()))
    await stopAll(this.#providerParts)
  }

  get #providerParts(): Startable[] {
    return this.#parts.providers.flatMap((provider) => provider.parts ?? [])
  }
}
