import { createInbox, errors, type Msg, type NatsConnection } from '@nats-io/transport-node'
import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { ClientSettings } from './client-options.ts'
import { connectFault, narrowFault } from './connect-fault.ts'
import { DeadLine } from './dead-line.ts'
import { firstConnect } from './first-dials.ts'
import { leastPayloadBytes, maxPayloadBytes, requireFits } from './payload-limit.ts'
import { ReconnectPace } from './reconnect-pace.ts'

export type ClientDeps = { clock: Clock; random: Random; log: EventLog }

/** The bus over a broker elsewhere. Once connected it goes on trying for ever when the broker is lost. */
export class ClientBus implements Bus {
  readonly #connection: NatsConnection
  readonly #pace: ReconnectPace
  readonly #log: EventLog
  readonly #deadLine: DeadLine
  readonly #watchers = new Set<(isConnected: boolean) => void>()
  #isConnected = true
  #refusal = ''
  #maxPayloadBytes = maxPayloadBytes

  private constructor(connection: NatsConnection, pace: ReconnectPace, { clock, log }: ClientDeps) {
    this.#connection = connection
    this.#pace = pace
    this.#log = log
    this.#deadLine = new DeadLine(connection, clock)
    this.#watch().catch((error: unknown) => log('bus_watch_failed', { error }))
  }

  /** Tries each server once, for seconds. Faults: Unauthorized, or ServiceUnavailable when none can be reached or used. */
  static async connect(settings: ClientSettings, deps: ClientDeps): Promise<ClientBus> {
    const pace = new ReconnectPace(deps.random)
    const connection = await firstConnect(settings, () => pace.pauseMs).catch((error: unknown) => {
      throw connectFault(error, settings)
    })
    const bus = new ClientBus(connection, pace, deps)
    if (bus.maxPayloadBytes >= leastPayloadBytes) return bus
    await bus.close()
    throw narrowFault(bus.maxPayloadBytes, settings)
  }

  get maxPayloadBytes(): number {
    // Nothing is known of it while a connection is made.
    this.#maxPayloadBytes = this.#connection.info?.max_payload ?? this.#maxPayloadBytes
    return this.#maxPayloadBytes
  }

  /** Why servers turned this client away since the connection was lost; '' = they did not. */
  get refusal(): string {
    return this.#refusal
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    requireFits(subject, payload, this.maxPayloadBytes)
    if (!this.#connection.isClosed()) this.#connection.publish(subject, payload, reply ? { reply } : {})
  }

  /** The broker tells at once when nobody listens, so it has told once it answers what came after. */
  async send(subject: string, payload: Uint8Array): Promise<void> {
    const inbox = createInbox()
    let isHeard = true
    const subscription = this.subscribe(inbox, () => {
      isHeard = false
    })
    try {
      await this.#whileConnected(() => {
        this.publish(subject, payload, inbox)
        return this.#connection.flush()
      })
    } catch (error) {
      throw new Fault('ServiceUnavailable', `not sent to ${subject}: ${messageOf(error)}`, {
        cause: error,
        isRetryable: true,
      })
    } finally {
      subscription.stop()
    }
    if (!isHeard) throw new Fault('ServiceUnavailable', `nobody listens on ${subject}`, { isRetryable: true })
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    requireFits(subject, payload, this.maxPayloadBytes)
    try {
      const ask = () => this.#connection.request(subject, payload, { timeout: timeoutMs })
      return (await this.#whileConnected(ask)).data
    } catch (error) {
      const isTimeout = error instanceof errors.TimeoutError
      if (isTimeout) this.#deadLine.suspect()
      const code = isTimeout ? 'Timeout' : 'ServiceUnavailable'
      throw new Fault(code, `no answer on ${subject}: ${messageOf(error)}`, { cause: error, isRetryable: true })
    }
  }

  /** Fails at once while the broker is out of reach, and when it gets out of reach before the answer came. */
  async #whileConnected<Result>(work: () => Promise<Result>): Promise<Result> {
    const cut = Promise.withResolvers<never>()
    const watch = this.onConnection((isConnected) => {
      if (!isConnected)
        cut.reject(new Error(['the broker cannot be reached', this.#refusal].filter(Boolean).join(': ')))
    })
    try {
      return await (this.#isConnected ? Promise.race([work(), cut.promise]) : cut.promise)
    } finally {
      watch.stop()
    }
  }

  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error: Error | null, message: Msg) => {
        if (error) return
        handler({ subject: message.subject, payload: message.data, ...(message.reply ? { reply: message.reply } : {}) })
      },
    })
    return { stop: () => subscription.unsubscribe() }
  }

  onConnection(handler: (isConnected: boolean) => void): Subscription {
    this.#watchers.add(handler)
    handler(this.#isConnected)
    return { stop: () => this.#watchers.delete(handler) }
  }

  async close(): Promise<void> {
    this.#deadLine.clear()
    await this.#connection.close()
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'reconnecting') this.#pace.attempted()
      else if (status.type === 'error') this.#complain(status.error)
      else if (status.type === 'disconnect') this.#turn(false, status.server)
      else if (status.type === 'reconnect') this.#turn(true, status.server)
    }
  }

  /** What a server refuses, or why it ends the connection. */
  #complain(error: Error): void {
    this.#log('bus_refused', { error })
    if (!(error instanceof errors.PermissionViolationError)) this.#refusal = messageOf(error)
  }

  #turn(isConnected: boolean, server: string): void {
    if (isConnected === this.#isConnected) return
    this.#isConnected = isConnected
    this.#log(isConnected ? 'bus_reached' : 'bus_lost', { server })
    if (isConnected) this.#pace.succeeded()
    if (isConnected) this.#refusal = ''
    for (const watcher of this.#watchers) watcher(isConnected)
  }
}
