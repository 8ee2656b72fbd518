import type { Bus, Subscription } from '#contracts/bus.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { withoutNatsLogin } from '#lib/nats-url.ts'
import { claimBus } from '#link/bus-claim.ts'
import type { NodeId } from '#models/ids.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { keyOf } from '#orchestrator/nodes/node-keys.ts'
import { systemDisk } from '#platform/disk.ts'
import { systemRandom } from '#platform/random.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { OuterBus } from './outer-bus.ts'
import { requireAuthority } from './tls/authority.ts'
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

/** A broker of our own sees at once when a node's line opens or closes. */
type OnLine = (nodeId: NodeId, isOpen: boolean) => void

/** A broker of its own, or NATS servers when the settings name some. `serve` gets the bus when it can be used. */
export const nodeBus = async (deps: NodeDeps, context: PartContext, serve: Serve, onLine: OnLine): Promise<NodeBus> =>
  deps.settings.Orchestrator.Bus.Servers.length > 0
    ? outerBus(deps, context, serve)
    : ownBroker(deps, context, serve, onLine)

const ownBroker = async (
  { settings, linkHost }: NodeDeps,
  { nodeId, store, clock, log }: PartContext,
  serve: Serve,
  onLine: OnLine,
): Promise<NodeBus> => {
  const { Port, Auth, Advertise, TLS } = settings.Orchestrator
  const tls = await linkTls(TLS, systemDisk)
  const door = new NodeDoor({
    token: Auth.Token,
    ownName: nodeId,
    clock,
    keyOf: (name) => keyOf(store, name),
    onLine,
    log,
  })
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

const outerBus = async (
  { settings }: NodeDeps,
  { nodeId, clock, log, fail }: PartContext,
  serve: Serve,
): Promise<NodeBus> => {
  const { Bus, Auth, TLS } = settings.Orchestrator
  await requireAuthority(systemDisk, 'Orchestrator.TLS.CACert', TLS.CACert)
  const parts = { clock, random: systemRandom, log }
  const outer = new OuterBus(
    {
      section: 'Orchestrator',
      servers: Bus.Servers,
      token: Auth.Token,
      caFile: TLS.CACert,
      isTlsRequired: false,
      name: nodeId,
    },
    {
      ...parts,
      serve: async (bus) => [await claimBus({ ...parts, bus, nodeId, onOlder: fail }), ...serve(bus)],
      onTaken: fail,
    },
  )
  return {
    parts: [outer],
    port: undefined,
    addresses: Bus.Servers.map(withoutNatsLogin),
    warnings: () => outer.warnings,
  }
}
