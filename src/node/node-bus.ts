import type { Bus, Subscription } from '#contracts/bus.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { withoutNatsLogin } from '#lib/nats-url.ts'
import { claimBus } from '#link/bus-claim.ts'
import { ClientBus, type ClientDeps } from '#nats/client-bus.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { keyOf } from '#orchestrator/nodes/node-keys.ts'
import { systemDisk } from '#platform/disk.ts'
import { systemRandom } from '#platform/random.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { linkTls } from './tls/link-tls.ts'

/** How an orchestrator and its nodes reach each other. */
export type NodeBus = {
  parts: readonly Startable[]
  /** The port nodes come to; undefined when they meet the orchestrator elsewhere. */
  readonly port: number | undefined
  /** Where nodes are told to come, without logins. */
  readonly addresses: readonly string[]
  warnings(): string[]
}

type Serve = (bus: Bus) => Subscription[]

/** A broker of its own, or NATS servers when the settings name some. `serve` gets the bus when it can be used. */
export const nodeBus = async (deps: NodeDeps, context: PartContext, serve: Serve): Promise<NodeBus> =>
  deps.settings.Orchestrator.Bus.Servers.length > 0 ? outerBus(deps, context, serve) : ownBroker(deps, context, serve)

const ownBroker = async (
  { settings, linkHost }: NodeDeps,
  { nodeId, store, clock, log }: PartContext,
  serve: Serve,
): Promise<NodeBus> => {
  const { Port, Auth, Advertise, TLS } = settings.Orchestrator
  const tls = await linkTls(TLS, systemDisk)
  const door = new NodeDoor({ token: Auth.Token, ownName: nodeId, clock, keyOf: (name) => keyOf(store, name), log })
  const broker = new Broker(
    { host: linkHost, port: Port, name: nodeId, tls },
    { clock, random: systemRandom, door, log },
  )
  const bus = new LocalBus(broker.router, clock, systemRandom)
  let subscriptions: Subscription[] = []
  const served: Startable = {
    start: async () => {
      subscriptions = serve(bus)
    },
    stop: async () => {
      for (const subscription of subscriptions) subscription.stop()
      await bus.close()
    },
  }
  return {
    // What nodes kept while we were away comes when the port opens, so it opens last.
    parts: [served, broker],
    get port() {
      return broker.port
    },
    get addresses() {
      return [`${tls ? 'tls' : 'nats'}://${Advertise || `127.0.0.1:${broker.port}`}`]
    },
    warnings: () => [],
  }
}

const outerBus = ({ settings }: NodeDeps, { nodeId, clock, log }: PartContext, serve: Serve): NodeBus => {
  const { Bus, Auth, TLS } = settings.Orchestrator
  const outer = new OuterBus(
    {
      section: 'Orchestrator',
      servers: Bus.Servers,
      token: Auth.Token,
      caFile: TLS.CACert,
      isTlsRequired: false,
      name: nodeId,
    },
    { clock, random: systemRandom, log },
    async (bus) => [await claimBus(bus, nodeId), ...serve(bus)],
  )
  return {
    parts: [outer],
    port: undefined,
    addresses: Bus.Servers.map(withoutNatsLogin),
    warnings: () => outer.warnings,
  }
}

/** The bus over NATS servers: they must be there at the start, and are waited for when they are lost later. */
class OuterBus implements Startable {
  readonly #settings: ClientSettings
  readonly #deps: ClientDeps
  readonly #serve: (bus: Bus) => Promise<Subscription[]>
  #bus: ClientBus | undefined
  #subscriptions: Subscription[] = []
  #isLost = false

  constructor(settings: ClientSettings, deps: ClientDeps, serve: (bus: Bus) => Promise<Subscription[]>) {
    this.#settings = settings
    this.#deps = deps
    this.#serve = serve
  }

  get warnings(): string[] {
    if (!this.#isLost) return []
    const why = this.#bus?.refusal
    return [
      `No NATS server of Orchestrator.Bus.Servers can be reached${why ? ` (${why})` : ''}: nodes are not heard of.`,
    ]
  }

  async start(): Promise<void> {
    const bus = await ClientBus.connect(this.#settings, this.#deps)
    this.#bus = bus
    bus.onConnection((isConnected) => {
      this.#isLost = !isConnected
    })
    try {
      this.#subscriptions = await this.#serve(bus)
    } catch (error) {
      await bus.close()
      throw error
    }
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.stop()
    await this.#bus?.close()
  }
}
