import type { Bus, Subscription } from '#contracts/bus.ts'
import type { Timer } from '#lib/clock.ts'
import { type Fault, faultOf, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { ClientBus, type ClientDeps } from '#nats/client-bus.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import { ReconnectPace } from '#nats/reconnect-pace.ts'

export type OuterBusParts = ClientDeps & {
  /** Called when the bus can be used. Rejects with a Fault Conflict when it is another orchestrator's. */
  serve: (bus: Bus) => Promise<Subscription[]>
  /** That turned out after the start. */
  onTaken: (fault: Fault) => void
}

/** The bus over NATS servers, which are waited for when they are not there: at the start, or later. */
export class OuterBus implements Startable {
  readonly #settings: ClientSettings
  readonly #parts: OuterBusParts
  readonly #pace: ReconnectPace
  #bus: ClientBus | undefined
  #subscriptions: Subscription[] = []
  #isLost = true
  /** Why none could be reached so far. */
  #why = ''
  #retry: Timer | undefined
  #isStopped = false

  constructor(settings: ClientSettings, parts: OuterBusParts) {
    this.#settings = settings
    this.#parts = parts
    this.#pace = new ReconnectPace(parts.random)
  }

  get warnings(): string[] {
    if (!this.#isLost) return []
    const why = this.#bus ? this.#bus.refusal : this.#why
    return [
      `No NATS server of Orchestrator.Bus.Servers can be reached${why ? ` (${why})` : ''}: nodes are not heard of.`,
    ]
  }

  /** Throws the Fault of what does not get better by waiting: a wrong login, a certificate, another orchestrator. */
  async start(): Promise<void> {
    await this.#connect().catch((error: unknown) => {
      if (!faultOf(error).isRetryable) throw error
      this.#tryLater(error)
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#retry?.stop()
    for (const subscription of this.#subscriptions) subscription.stop()
    await this.#bus?.close()
  }

  async #connect(): Promise<void> {
    const bus = await ClientBus.connect(this.#settings, this.#parts)
    try {
      this.#subscriptions = await this.#parts.serve(bus)
    } catch (error) {
      await bus.close()
      throw error
    }
    this.#bus = bus
    bus.onConnection((isConnected) => {
      this.#isLost = !isConnected
    })
    if (this.#isStopped) await this.stop()
  }

  #tryLater(error: unknown): void {
    this.#why = messageOf(error)
    this.#parts.log('bus_unreachable', { error })
    this.#retry = this.#parts.clock.after(this.#pace.pauseMs, () => void this.#tryAgain())
    this.#pace.attempted()
  }

  /** Logins and certificates may be put right meanwhile. */
  async #tryAgain(): Promise<void> {
    try {
      await this.#connect()
      this.#parts.log('bus_reached', {})
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code === 'Conflict') this.#parts.onTaken(fault)
      else if (!this.#isStopped) this.#tryLater(error)
    }
  }
}
