import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GuardedBroker, inboxOf, startGuardedBroker } from '../../kit/guarded-broker.ts'
import { heldBytes } from '../../kit/held-bytes.ts'
import { StepClock } from '../../kit/step-clock.ts'
import { until } from '../../kit/until.ts'

const second = 1_000
const mebibyte = 1024 * 1024

describe('the patience of the broker', () => {
  let clock: StepClock
  let broker: GuardedBroker
  beforeEach(async () => {
    clock = new StepClock()
    broker = await startGuardedBroker({ clock })
  })
  afterEach(async () => {
    const stopped = broker.stop()
    clock.goTo(clock.nowAtMs + 60 * second)
    await stopped
  })

  /** A client that says nothing, and does not close when it is told to. */
  const silent = async () => {
    const socket = connect({ port: broker.port, host: '127.0.0.1', allowHalfOpen: true })
    let heard = ''
    let isClosed = false
    socket.on('data', (piece) => (heard += piece.toString()))
    socket.on('error', () => {})
    socket.on('close', () => (isClosed = true))
    await until('it is greeted', () => heard.includes('INFO'))
    return { socket, heard: () => heard, isClosed: () => isClosed }
  }

  it('ends with who does not say who it is within 5 s, and does not wait for its goodbye', async () => {
    const client = await silent()
    clock.goTo(4.9 * second)
    await new Promise((turned) => setImmediate(turned))
    expect(client.heard()).not.toContain('-ERR')
    clock.goTo(5 * second)
    await until('it is told', () => client.heard().includes("-ERR 'Authentication Timeout'"))
    expect(clock.pending).toBe(1)
    clock.goTo(10 * second)
    await until('it is cut off', () => {
      client.socket.write('late')
      return client.isClosed()
    })
    expect(clock.pending).toBe(0)
  })

  it('asks a client that says nothing for two minutes whether it is there, and lets go of one that twice did not answer', async () => {
    const [there, gone] = [await broker.raw('there'), await broker.raw('gone', { isFrozen: true })]
    const goTo = (minutes: number): void => clock.goTo(minutes * 60 * second)
    goTo(2)
    await there.settled()
    expect(there.heard() + gone.heard()).not.toContain('PING')
    goTo(4)
    await gone.hears('PING')
    expect(there.heard()).not.toContain('PING')
    goTo(6)
    await there.hears('PING')
    await there.settled()
    goTo(8)
    await gone.closed()
    expect(gone.heard().match(/PING|-ERR '[^']*'/g)).toEqual(['PING', 'PING', "-ERR 'Stale Connection'"])
    expect(there.isClosed()).toBe(false)
  })

  it('keeps nothing of who left while it was asked whether another still has the name', async () => {
    const frozen = await broker.raw('east', { isFrozen: true })
    const gone = connect({ port: broker.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    gone.on('error', () => {})
    gone.write(`CONNECT ${JSON.stringify({ name: 'east', auth_token: 'shared' })}\r\n`)
    await frozen.hears('PING')
    gone.resetAndDestroy()
    const other = await broker.raw('west')
    await other.settled()
    other.socket.destroy()
    clock.goTo(2 * second)
    await frozen.closed()
    await until('nothing is waited for', () => {
      clock.goTo(Math.min(clock.nowAtMs + second, 12 * second))
      return clock.pending === 0
    })
  })

  it('with answers ends after five minutes, with output not before nobody asks after it that long', async () => {
    const node = await broker.raw('east')
    node.say('SUB node.compute.east.> 1')
    await node.settled()
    broker.orchestrator.publish('node.compute.east.x', Buffer.from('?'), '_INBOX.late')
    broker.orchestrator.publish('node.compute.east.logs', Buffer.from('?'), '_SINBOX.reader.one')
    await node.hears('_SINBOX.reader.one')
    const output = broker.gathered('_SINBOX.reader.*')
    const passes = async (minutes: number) => {
      for (let passed = 0; passed < minutes; passed += 2) {
        clock.goTo(clock.nowAtMs + 120 * second)
        await node.settled()
      }
    }
    for (let beats = 0; beats < 3; beats++) {
      await passes(4)
      node.publish('_HEARTBEAT._SINBOX.reader', '?')
      await node.settled()
    }
    node.publish('_SINBOX.reader.one', 'line')
    node.publish('_INBOX.late', 'answer')
    await node.hears('Permissions Violation for Publish to "_INBOX.late"')
    expect(output).toHaveLength(1)
    await passes(6)
    node.publish('_SINBOX.reader.one', 'line')
    await node.hears('Permissions Violation for Publish to "_SINBOX.reader.one"')
  })
})

/** Resolves when this has stayed the same for a while. */
const stands = async (count: () => number): Promise<void> => {
  for (let last = -1, same = 0; same < 20; ) {
    await new Promise((turned) => setTimeout(turned, 10))
    same = count() === last ? same + 1 : 0
    last = count()
  }
}

describe('one client of the broker', () => {
  let broker: GuardedBroker
  beforeEach(async () => {
    broker = await startGuardedBroker()
  })
  afterEach(() => broker.stop())

  it('that does not read is cut off at 64 MiB, which is logged, and the others go on', async () => {
    const [slow, other] = [await broker.raw('slow'), await broker.raw('other')]
    for (const each of [slow, other]) each.say('SUB node.compute.slow.x 1', 'SUB node.compute.other.x 1')
    await Promise.all([slow.settled(), other.settled()])
    slow.socket.pause()
    const piece = Buffer.alloc(mebibyte - 1, 'x')
    let sent = 0
    while (broker.logged.every(([event]) => event !== 'slow_consumer')) {
      broker.orchestrator.publish('node.compute.slow.x', piece)
      sent += 1
      await new Promise((turned) => setImmediate(turned))
    }
    expect(sent).toBeGreaterThan(60)
    expect(sent).toBeLessThan(100)
    const told = broker.logged.find(([event]) => event === 'slow_consumer')
    expect(told?.[1]).toMatchObject({ nodeId: 'slow', address: '127.0.0.1' })
    broker.orchestrator.publish('node.compute.other.x', Buffer.from('still here'))
    await other.hears('still here')
  })

  it('that only asks and never reads is not listened to meanwhile, and gets its answers when it does', async () => {
    const asking = await broker.raw('asking')
    const asked = 2_000_000
    const before = await heldBytes()
    let answered = 0
    asking.socket.removeAllListeners('data')
    asking.socket.pause()
    asking.socket.write(Buffer.from('PING\r\n'.repeat(asked)))
    await stands(() => asking.socket.writableLength)
    expect(asking.socket.writableLength).toBeGreaterThan(0)
    expect((await heldBytes()) - before).toBeLessThan(32 * mebibyte)
    asking.socket.on('data', (piece) => (answered += piece.length)).resume()
    await until('all is answered', () => answered === asked * 'PONG\r\n'.length, 60_000)
  })

  it('has 10,000 subscriptions at most', async () => {
    const greedy = await broker.raw('greedy')
    for (let sid = 1; sid <= 10_000; sid++) greedy.say(`SUB node.compute.greedy.x ${sid}`)
    await greedy.settled()
    expect(greedy.isClosed()).toBe(false)
    greedy.say('SUB node.compute.greedy.x 10001')
    await greedy.hears("-ERR 'Maximum Subscriptions Exceeded'")
    await greedy.closed()
  })

  it('that unsubscribes and subscribes again keeps nothing', async () => {
    const busy = await broker.raw('busy')
    for (let sid = 1; sid <= 30_000; sid++) busy.say(`SUB ${inboxOf('busy')}.${sid} ${sid}`, `UNSUB ${sid}`)
    await busy.settled()
    expect(busy.isClosed()).toBe(false)
  })

  it('has 16 connections under its name at most', async () => {
    for (let n = 1; n <= 16; n++) await broker.raw('many')
    const last = await broker.raw('many')
    await last.hears("-ERR 'Maximum Connections Exceeded'")
  })

  it('is not kept out by connections of its own that lead nowhere any more', async () => {
    for (let n = 1; n <= 16; n++) await broker.raw('flapping', { isFrozen: true })
    const next = await broker.raw('flapping')
    await next.settled()
    expect(next.isClosed()).toBe(false)
  })
})
