import { connect, nkeyAuthenticator, tokenAuthenticator } from '@nats-io/transport-node'
import type { BusMessage } from '#contracts/bus.ts'
import type { Clock } from '#lib/clock.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker, type BrokerSettings } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { rawNats } from './raw-nats.ts'

const token = 'shared'

/** As NATS clients name their inboxes: twelve characters of the process, ten of a count. */
export const inboxOf = (process: string, count = '0123456789'): string => `_INBOX.${process.padEnd(12, 'x')}${count}`

type BrokerOptions = { tls?: BrokerSettings['tls']; clock?: Clock }

/** A broker with its door for nodes, what it has logged, and clients of it. */
export const startGuardedBroker = async ({ tls, clock = new SystemClock() }: BrokerOptions = {}) => {
  const logged: [string, Record<string, unknown>][] = []
  const log = (event: string, fields: Record<string, unknown>) => void logged.push([event, fields])
  /** By node. */
  const keys = new Map<string, string>()
  const door = new NodeDoor({
    token,
    ownName: 'orch',
    clock,
    keyOf: async (name) => keys.get(name),
    onLine: () => {},
    log,
  })
  const broker = new Broker(
    { host: '127.0.0.1', port: 0, name: 'orch', tls },
    { clock, random: systemRandom, door, log },
  )
  await broker.start()
  const orchestrator = new LocalBus(broker.router, clock, systemRandom)
  const opened: { close(): unknown }[] = []
  return {
    port: broker.port,
    logged,
    keys,
    orchestrator,
    async raw(name: string, { localAddress, ...more }: { localAddress?: string; [option: string]: unknown } = {}) {
      const client = await rawNats(broker.port, { name, auth_token: token, ...more }, localAddress)
      opened.push({ close: () => client.socket.destroy() })
      return client
    },
    async official(name: string, seed?: string) {
      const authenticator = [tokenAuthenticator(token), ...(seed ? [nkeyAuthenticator(Buffer.from(seed))] : [])]
      const client = await connect({ servers: `127.0.0.1:${broker.port}`, name, authenticator, reconnect: false })
      opened.push(client)
      return client
    },
    /** What the orchestrator hears there. */
    gathered(subject: string): BusMessage[] {
      const messages: BusMessage[] = []
      orchestrator.subscribe(subject, (message) => messages.push(message))
      return messages
    },
    async stop() {
      for (const each of opened) await each.close()
      await orchestrator.close()
      await broker.stop()
    },
  }
}

export type GuardedBroker = Awaited<ReturnType<typeof startGuardedBroker>>
