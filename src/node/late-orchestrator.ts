import type { Subscription } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import { RemoteOrchestrator } from '#link/bus-ends.ts'
import type { NodeId } from '#models/ids.ts'
import { ClientBus, type ClientBusSettings } from '#nats/client-bus.ts'
import { systemRandom } from '#platform/random.ts'

/** The orchestrator of another process: the connection is made when it is first needed, and the node starts without it. */
export class LateOrchestrator implements OrchestratorEnd {
  readonly #settings: ClientBusSettings
  readonly #nodeId: NodeId
  #bus: Promise<ClientBus> | undefined
  #end: Promise<RemoteOrchestrator> | undefined

  constructor(settings: ClientBusSettings, nodeId: NodeId) {
    this.#settings = settings
    this.#nodeId = nodeId
  }

  handshake: OrchestratorEnd['handshake'] = async (...args) => (await this.#connected()).handshake(...args)
  heartbeat: OrchestratorEnd['heartbeat'] = async (...args) => (await this.#connected()).heartbeat(...args)
  updateInfo: OrchestratorEnd['updateInfo'] = async (...args) => (await this.#connected()).updateInfo(...args)
  deliver: OrchestratorEnd['deliver'] = async (...args) => (await this.#connected()).deliver(...args)
  goodbye: OrchestratorEnd['goodbye'] = async () => (await this.#end)?.goodbye()

  /** Each time the broker is back after it was lost. */
  onReachable(handler: () => void): Subscription {
    let watch: Subscription | undefined
    let isStopped = false
    let wasCut = false
    const onConnection = (isConnected: boolean): void => {
      if (isConnected && wasCut) handler()
      wasCut = !isConnected
    }
    this.#connection().then(
      (bus) => {
        if (!isStopped) watch = bus.onConnection(onConnection)
      },
      () => {},
    )
    return {
      stop: () => {
        isStopped = true
        watch?.stop()
      },
    }
  }

  async close(): Promise<void> {
    const bus = await Promise.race([this.#bus, Promise.resolve(undefined)])
    await bus?.close()
  }

  #connection(): Promise<ClientBus> {
    this.#bus ??= ClientBus.connect(this.#settings)
    return this.#bus
  }

  #connected(): Promise<RemoteOrchestrator> {
    this.#end ??= this.#connection().then((bus) => new RemoteOrchestrator(bus, this.#nodeId, systemRandom))
    return this.#end
  }
}
