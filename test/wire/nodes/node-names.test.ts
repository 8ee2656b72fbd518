import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newKeySeed, publicKeyOf } from '#nats/node-key.ts'
import { type GuardedBroker, inboxOf, startGuardedBroker } from '../../kit/guarded-broker.ts'
import { until } from '../../kit/until.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

let broker: GuardedBroker
beforeEach(async () => {
  broker = await startGuardedBroker()
})
afterEach(() => broker.stop())

describe('the name of a node', () => {
  it('has to be given, and is not the orchestrator’s own', async () => {
    for (const name of ['', 'a.b', '*', '>', 'orch']) {
      const client = await broker.raw(name)
      await client.closed()
      expect(client.heard()).toContain("-ERR 'Authorization Violation")
    }
    expect(broker.logged.map(([event, { nodeId, reason }]) => [event, nodeId, reason])).toEqual([
      ...Array.from({ length: 4 }, () => ['connection_refused', undefined, "the connection has no node's name"]),
      ['node_refused', 'orch', expect.stringContaining('another machine')],
    ])
  })

  it('is given in vain without the token, of which the client is told no more', async () => {
    const client = await broker.raw('east', { auth_token: 'guess' })
    await client.closed()
    expect(client.heard()).toContain("-ERR 'Authorization Violation'\r\n")
    expect(broker.logged).toEqual([['connection_refused', { address: '127.0.0.1', reason: 'the token is wrong' }]])
  })

  it('serves several connections of one process, as nodes of 1.9 have', async () => {
    const [one, two] = [await broker.raw('east'), await broker.raw('east')]
    one.say('SUB node.compute.east.> 1', `SUB ${inboxOf('east')}.* 2`)
    two.say('SUB bacalhau.global.compute.east.in.msgs 1', `SUB ${inboxOf('east', '9876543210')}.* 2`)
    await Promise.all([one.settled(), two.settled()])
    broker.orchestrator.publish('node.compute.east.x', bytes('first'))
    broker.orchestrator.publish('bacalhau.global.compute.east.in.msgs', bytes('second'))
    await one.hears('first')
    await two.hears('second')
    expect(broker.logged).toEqual([])
  })

  it('is refused to a second machine while the first answers, and is told once [S10]', async () => {
    const first = await broker.raw('east')
    for (let attempt = 1; attempt <= 2; attempt++) {
      const second = await broker.raw('east', { localAddress: '127.0.0.2' })
      await second.closed()
      expect(second.heard()).toContain("-ERR 'Authorization Violation: another machine uses the node name east'")
    }
    await first.settled()
    expect(first.isClosed()).toBe(false)
    expect(broker.logged.map(([event, { nodeId, address }]) => [event, nodeId, address])).toEqual([
      ['node_refused', 'east', '127.0.0.2'],
    ])
  })

  it('is refused to a second process of the machine while the first answers', async () => {
    const first = await broker.raw('east')
    first.say(`SUB ${inboxOf('first')}.* 1`)
    await first.settled()
    const second = await broker.raw('east')
    second.say(`SUB ${inboxOf('second')}.* 1`)
    await second.closed()
    expect(second.heard()).toContain('another machine uses the node name east')
    expect(first.isClosed()).toBe(false)
  })

  it('passes on when the machine that had it does not answer any more, or has left', async () => {
    const frozen = await broker.raw('east', { isFrozen: true })
    const second = await broker.raw('east', { localAddress: '127.0.0.2' })
    await second.settled()
    await frozen.closed()
    expect(frozen.heard()).toContain("-ERR 'Stale Connection'")
    second.socket.destroy()
    const third = await broker.raw('east', { localAddress: '127.0.0.3' })
    await third.settled()
    expect(third.isClosed()).toBe(false)
  })

  it('of two that ask at once for the name of a machine that is gone, one gets it', async () => {
    await broker.raw('east', { isFrozen: true })
    const both = await Promise.all(
      ['127.0.0.2', '127.0.0.3'].map((localAddress) => broker.raw('east', { localAddress })),
    )
    await until('one is turned away', () => both.some((each) => each.isClosed()))
    expect(both.filter((each) => each.isClosed())).toHaveLength(1)
  })

  it('that has joined by a key is open to who holds that key only [S10]', async () => {
    const [seed, other] = [newKeySeed(), newKeySeed()]
    broker.keys.set('east', publicKeyOf(seed))
    const keyless = await broker.raw('east')
    await keyless.closed()
    expect(keyless.heard()).toContain('another machine uses the node name east')
    await expect(broker.official('east', other)).rejects.toThrow('another machine uses the node name east')
    const east = await broker.official('east', seed)
    await east.flush()
    await broker.official('west', other)
  })

  it('is not opened by a key whose private part the client has not', async () => {
    const nkey = publicKeyOf(newKeySeed())
    broker.keys.set('east', nkey)
    for (const sig of [undefined, '', 'AAAA', Buffer.alloc(64).toString('base64url')]) {
      const forger = await broker.raw('east', { nkey, sig })
      await forger.closed()
      expect(forger.heard()).toContain("-ERR 'Authorization Violation: the key is not proven'")
    }
    const nonsense = await broker.raw('west', { nkey: 'U', sig: '' })
    await nonsense.closed()
  })

  it('is refused to a copy of a data folder while the original answers, and passes to its next life at once', async () => {
    const seed = newKeySeed()
    const original = await broker.official('east', seed)
    await expect(broker.official('east', seed)).rejects.toThrow('another machine uses the node name east')
    await original.flush()
    await original.close()
    const next = await broker.official('east', seed)
    await next.flush()
  })
})
