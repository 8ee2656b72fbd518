import type { Subscription } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { AnyOrchestrator } from '#link/any-orchestrator.ts'
import { heedGreetings } from '#link/greeting.ts'
import type { NodeId } from '#models/ids.ts'
import { ClientBus, type ClientDeps } from '#nats/client-bus.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import { ReconnectPace } from '#nats/reconnect-pace.ts'

/** Who connects; the key is the one that its client shows. */
type Self = { nodeId: NodeId; publicKey: string }

const startPatienceMs = 2_000

/**
 * The orchestrator of another process: the node starts and stops without it. Until its broker was reached once, each
 * call tries that, and it is tried between them; from then on the bus itself finds its broker again.
 */
export class LateOrchestrator implements OrchestratorEnd, Startable {
  readonly #settings: ClientSettings
  readonly #self: Self
  readonly #deps: ClientDeps
  readonly #handlers = new Set<() => void>()
  #end: Promise<AnyOrchestrator> | undefined
  #bus: ClientBus | undefined
  readonly #pace: ReconnectPace
  #retry: Timer | undefined
  #isClosed = false

  constructor(settings: ClientSettings, self: Self, deps: ClientDeps) {
    this.#settings = settings
    this.#self = self
    this.#deps = deps
    this.#pace = new ReconnectPace(deps.random)
  }

  handshake: OrchestratorEnd['handshake'] = async (request, back) =>
    (await this.#connected()).handshake({ ...request, PublicKey: this.#self.publicKey }, back)
  heartbeat: OrchestratorEnd['heartbeat'] = async (...args) => (await this.#connected()).heartbeat(...args)
  updateInfo: OrchestratorEnd['updateInfo'] = async (...args) => (await this.#connected()).updateInfo(...args)
  deliver: OrchestratorEnd['deliver'] = async (...args) => (await this.#connected()).deliver(...args)
  uploadAddress: OrchestratorEnd['uploadAddress'] = async (...args) => (await this.#connected()).uploadAddress(...args)
  goodbye: OrchestratorEnd['goodbye'] = async (nodeId) => (this.#bus ? (await this.#end)?.goodbye(nodeId) : undefined)

  takeResult: OrchestratorEnd['takeResult'] = (...args) => this.#unbroken((end) => end.takeResult(...args))
  readUpload: OrchestratorEnd['readUpload'] = (...args) => this.#unbroken((end) => end.readUpload(...args))

  /** What was asked over a connection that broke is never answered: it is asked again over the next. */
  async #unbroken<Answer>(ask: (end: OrchestratorEnd) => Promise<Answer>): Promise<Answer> {
    const end = await this.#connected()
    const { promise: broke, reject } = Promise.withResolvers<never>()
    const fault = () => new Fault('ServiceUnavailable', 'the connection broke meanwhile', { isRetryable: true })
    const watch = this.onReachable(() => reject(fault()))
    try {
      return await Promise.race([ask(end), broke])
    } finally {
      watch.stop()
    }
  }

  /** When the broker is reached after it could not be, each time it is back, or the orchestrator says that it is. */
  onReachable(handler: () => void): Subscription {
    this.#handlers.add(handler)
    return { stop: () => this.#handlers.delete(handler) }
  }

  /** Tries for a moment. Nobody there yet is no reason not to start; a wrong token is. */
  async start(): Promise<void> {
    const isOver = new AbortController()
    const refusal = this.#connected().then(
      () => undefined,
      (error: unknown) => error,
    )
    const pause = this.#deps.clock.sleep(startPatienceMs, isOver.signal).catch(() => undefined)
    const outcome = await Promise.race([refusal, pause])
    isOver.abort()
    if (!(outcome instanceof Fault && outcome.code === 'Unauthorized')) return
    await this.stop()
    throw outcome
  }

  async stop(): Promise<void> {
    this.#isClosed = true
    this.#retry?.stop()
    await this.#bus?.close()
  }

  #connected(): Promise<AnyOrchestrator> {
    this.#end ??= this.#connect().catch((error: unknown) => {
      this.#end = undefined
      this.#tryLater()
      throw error
    })
    return this.#end
  }

  /** As often as one that was lost is looked for. */
  #tryLater(): void {
    if (this.#isClosed) return
    this.#retry?.stop()
    this.#retry = this.#deps.clock.after(this.#pace.pauseMs, () => {
      this.#connected().then(
        () => this.#tell(),
        () => {},
      )
    })
    this.#pace.attempted()
  }

  async #connect(): Promise<AnyOrchestrator> {
    const bus = await ClientBus.connect(this.#settings, this.#deps)
    if (this.#isClosed) await bus.close()
    this.#retry?.stop()
    this.#bus = bus
    let wasCut = false
    bus.onConnection((isConnected) => {
      if (isConnected && wasCut) this.#tell()
      wasCut = !isConnected
    })
    const { nodeId } = this.#self
    heedGreetings(bus, nodeId, () => this.#tell())
    return new AnyOrchestrator({ ...this.#deps, bus, nodeId })
  }

  #tell(): void {
    for (const handler of this.#handlers) handler()
  }
}
