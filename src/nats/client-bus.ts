import { connect, errors, type Msg, type NatsConnection } from '@nats-io/transport-node'
import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import { Fault, messageOf } from '#lib/fault.ts'

export type ClientBusSettings = { servers: readonly string[]; token: string; name: string }

/** The bus over a broker elsewhere. Once connected it goes on trying for ever when the broker is lost. */
export class ClientBus implements Bus {
  readonly #connection: NatsConnection
  readonly #watchers = new Set<(isConnected: boolean) => void>()
  #isConnected = true

  private constructor(connection: NatsConnection) {
    this.#connection = connection
    this.#watch().catch(() => {})
  }

  /** Tries each server once. Faults: Unauthorized, or ServiceUnavailable when none can be reached. */
  static async connect(settings: ClientBusSettings): Promise<ClientBus> {
    const connection = await connect({
      servers: settings.servers.map((server) => server.replace(/^nats:\/\//, '')),
      ...(settings.token ? { token: settings.token } : {}),
      name: settings.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 1_000,
      pingInterval: 30_000,
    }).catch((error: unknown) => {
      throw connectFault(error, settings.servers)
    })
    return new ClientBus(connection)
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    this.#connection.publish(subject, payload, reply ? { reply } : {})
  }

  /** Fails at once while the broker is out of reach, and when it gets out of reach before the answer came. */
  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const cut = Promise.withResolvers<never>()
    const watch = this.onConnection((isConnected) => {
      if (!isConnected) cut.reject(new Error('the broker cannot be reached'))
    })
    const ask = async (): Promise<Uint8Array> =>
      (await this.#connection.request(subject, payload, { timeout: timeoutMs })).data
    try {
      return await (this.#isConnected ? Promise.race([ask(), cut.promise]) : cut.promise)
    } catch (error) {
      const code = error instanceof errors.TimeoutError ? 'Timeout' : 'ServiceUnavailable'
      throw new Fault(code, `no answer on ${subject}: ${messageOf(error)}`, { cause: error, isRetryable: true })
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

  /** Resolves when the connection is closed for good: by us, or because the broker does not want us any more. */
  get closed(): Promise<unknown> {
    return this.#connection.closed()
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      const isConnected = status.type === 'reconnect' ? true : status.type === 'disconnect' ? false : this.#isConnected
      if (isConnected === this.#isConnected) continue
      this.#isConnected = isConnected
      for (const watcher of this.#watchers) watcher(isConnected)
    }
  }
}

function connectFault(error: unknown, servers: readonly string[]): Fault {
  if (error instanceof errors.AuthorizationError) {
    return new Fault('Unauthorized', 'nats: Authorization Violation', {
      component: 'Node',
      hint: 'Compute.Auth.Token of this node must be Orchestrator.Auth.Token of its orchestrator.',
      cause: error,
    })
  }
  return new Fault('ServiceUnavailable', `cannot reach an orchestrator at ${servers.join(', ')}: ${messageOf(error)}`, {
    component: 'Node',
    isRetryable: true,
    cause: error,
  })
}
