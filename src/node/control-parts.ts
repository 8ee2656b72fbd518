import { hash } from 'node:crypto'
import type { Subscription } from '#contracts/bus.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { serveGoNodes } from '#link/bprotocol/serve.ts'
import { serveOrchestrator } from '#link/bus-ends.ts'
import type { NodeId } from '#models/ids.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { keyOf } from '#orchestrator/nodes/node-keys.ts'
import { Orchestrator } from '#orchestrator/orchestrator.ts'
import { systemRandom } from '#platform/random.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { orchestratorKey } from './orchestrator-key.ts'
import { orchestratorSettings } from './part-settings.ts'

/** The control plane and the broker through which other nodes reach it. */
export const controlParts = async (deps: NodeDeps, { nodeId, instanceId, store, clock, log }: PartContext) => {
  const { Orchestrator: section } = deps.settings
  const door = new NodeDoor({
    token: section.Auth.Token,
    ownName: nodeId,
    clock,
    keyOf: (name) => keyOf(store, name),
    log,
  })
  const broker = new Broker(
    { host: deps.linkHost, port: section.Port, name: nodeId },
    { clock, random: systemRandom, door, log },
  )
  const settings = {
    ...orchestratorSettings(deps.settings, nodeId),
    instanceId: instanceId ?? hash('sha256', store.storeId),
    publicKey: await orchestratorKey(store),
  }
  const orchestrator = new Orchestrator({ store, clock, random: systemRandom, settings, log })
  const bus = new LocalBus(broker.router, clock, systemRandom)
  const knownInfo = (id: NodeId) =>
    orchestrator.nodes.get(id).then(
      ({ Info }) => (Info.NodeID === id ? Info : undefined),
      () => undefined,
    )
  const end = orchestrator.link
  let subscriptions: Subscription[] = []
  const served: Startable = {
    start: async () => {
      subscriptions = [
        serveOrchestrator(bus, end, systemRandom, clock),
        serveGoNodes({ bus, clock, random: systemRandom, end, orchestratorId: nodeId, knownInfo, log }),
      ]
    },
    stop: async () => {
      for (const subscription of subscriptions) subscription.stop()
      await bus.close()
    },
  }
  // What nodes kept while we were away comes when the port opens, so it opens last.
  return { broker, orchestrator, parts: [orchestrator, served, broker] as Startable[] }
}
