import { connect, tokenAuthenticator } from '@nats-io/transport-node'
import { afterEach, describe, expect, it } from 'vitest'
import { type GuardedBroker, startGuardedBroker } from '../../kit/guarded-broker.ts'
import { ownCertificate } from '../../kit/own-certificate.ts'
import { conversation } from '../../kit/raw-nats.ts'
import { until } from '../../kit/until.ts'

// The official client takes an address without a name for localhost.
const { cert, key } = ownCertificate(['localhost'])
let broker: GuardedBroker
/** Started by each test; only one that waits for the end of patience has little of it. */
const start = async (handshakeLimitMs = 60_000): Promise<void> => {
  broker = await startGuardedBroker({ tls: { cert, key, handshakeLimitMs } })
}
afterEach(() => broker.stop())

const join = (ca: string) =>
  connect({
    servers: `127.0.0.1:${broker.port}`,
    name: 'east',
    authenticator: tokenAuthenticator('shared'),
    tls: { ca },
    reconnect: false,
  })

describe('TLS of the broker', () => {
  it('begins after the greeting, as NATS clients know it, and carries what is said', async () => {
    await start()
    broker.orchestrator.subscribe('node.management.east.x', ({ payload, reply = '' }) =>
      broker.orchestrator.publish(reply, payload),
    )
    const east = await join(cert)
    const large = Buffer.alloc(900_000, 7)
    const answer = await east.request('node.management.east.x', large, { timeout: 50_000 })
    expect(Buffer.compare(Buffer.from(answer.data), large)).toBe(0)
    await east.close()
  })

  it('is refused by a client that does not trust the certificate, which is logged', async () => {
    await start()
    await expect(join(ownCertificate(['localhost']).cert)).rejects.toThrow(/certificate/)
    await until('it is logged', () => broker.logged.length > 0)
    expect(broker.logged[0]?.[0]).toBe('tls_handshake_failed')
  })

  it('is not left out: words in clear are not read, and silence ends', async () => {
    await start(200)
    const got = broker.gathered('heartbeat')
    const words = 'CONNECT {"name":"east","auth_token":"shared"}\r\nPUB heartbeat 1\r\nx\r\n'
    for (const each of [words, '']) {
      const heard = await conversation(broker.port, each)
      expect(heard).toMatch(/^INFO .*"tls_required":true/)
      expect(heard).not.toContain('PONG')
    }
    expect(got).toEqual([])
  })
})
