import { describe, expect, it } from 'vitest'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import type { Door } from '#nats/server/door.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { Router } from '#nats/server/router.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { busClient } from '../kit/bus-client.ts'
import { NatsServer, withNatsServer } from '../kit/nats-server.ts'
import { openDoor } from '../kit/open-door.ts'
import { conversation } from '../kit/raw-nats.ts'
import { busSuite } from './bus.suite.ts'

const clock = new SystemClock()
const newBroker = (door: Door, port = 0): Broker =>
  new Broker({ host: '127.0.0.1', port, name: 'test' }, { clock, random: systemRandom, door, log: () => {} })
const startBroker = async (door = openDoor): Promise<Broker> => {
  const broker = newBroker(door)
  await broker.start()
  return broker
}

busSuite('the bus in one process', async () => {
  const router = new Router()
  const one = new LocalBus(router, clock, systemRandom)
  const other = new LocalBus(router, clock, systemRandom)
  return { one, other, close: async () => void (await Promise.all([one.close(), other.close()])) }
})

busSuite('the bus from the broker to a client', async () => {
  const broker = await startBroker()
  const one = new LocalBus(broker.router, clock, systemRandom)
  const other = await busClient(broker.port)
  return {
    one,
    other,
    close: async () => {
      await other.close()
      await broker.stop()
    },
  }
})

busSuite('the bus between two clients', async () => {
  const broker = await startBroker()
  const [one, other] = [await busClient(broker.port), await busClient(broker.port)]
  return {
    one,
    other,
    close: async () => {
      await Promise.all([one.close(), other.close()])
      await broker.stop()
    },
  }
})

withNatsServer(() => {
  busSuite('the bus between two clients of a nats-server', async () => {
    const server = await NatsServer.start()
    const [one, other] = [await busClient(server.port), await busClient(server.port)]
    return {
      one,
      other,
      close: async () => {
        await Promise.all([one.close(), other.close()])
        await server.close()
      },
    }
  })
})

describe('the broker', () => {
  it.each([
    ['an unknown operation', 'CONNECT {}\r\nFLY me\r\n', 'Unknown Protocol Operation'],
    ['a payload above 1 MiB', 'CONNECT {}\r\nPUB a 99999999\r\n', 'Maximum Payload Violation'],
    ['a line without end', `CONNECT {}\r\nSUB ${'x'.repeat(9000)}`, 'Maximum Control Line Exceeded'],
    ['words before CONNECT', 'SUB a 1\r\n', 'Authorization Violation'],
    ['CONNECT that is no JSON', 'CONNECT nonsense\r\n', 'Invalid Connect'],
    ['a negative size', 'CONNECT {}\r\nPUB a -5\r\n', 'Unknown Protocol Operation'],
  ])('says what is wrong with %s and cuts it off', async (_name, text, reason) => {
    const broker = await startBroker()
    expect(await conversation(broker.port, text)).toContain(`-ERR '${reason}'`)
    await broker.stop()
  })

  it('lets in only who knows the token [W19]', async () => {
    const broker = await startBroker(
      new NodeDoor({
        token: 'secret',
        ownName: 'test',
        clock,
        keyOf: async () => undefined,
        onLine: () => {},
        log: () => {},
      }),
    )
    expect(await conversation(broker.port, 'CONNECT {"auth_token":"wrong"}\r\n')).toContain(
      "-ERR 'Authorization Violation'",
    )
    const bus = await busClient(broker.port, { token: 'secret' })
    bus.publish('a', new Uint8Array())
    await bus.close()
    await broker.stop()
  })

  it('names a port that is in use', async () => {
    const broker = await startBroker()
    const second = newBroker(openDoor, broker.port)
    await expect(second.start()).rejects.toMatchObject({ message: expect.stringContaining(`port ${broker.port}`) })
    await broker.stop()
  })
})
