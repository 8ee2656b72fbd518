import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BusMessage } from '#contracts/bus.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { rawNats } from '../kit/raw-nats.ts'
import { until } from '../kit/until.ts'

const clock = new SystemClock()
const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString()
/** As NATS clients name their inboxes: twelve characters of the process, ten of a count. */
const inboxOf = (process: string, count = '0123456789'): string => `_INBOX.${process.padEnd(12, 'x')}${count}`

let broker: Broker
let orchestrator: LocalBus
let logged: [string, Record<string, unknown>][]
const opened: { close(): unknown }[] = []
beforeEach(async () => {
  logged = []
  const log = (event: string, fields: Record<string, unknown>) => void logged.push([event, fields])
  const door = new NodeDoor({ token: 'shared', ownName: 'orch', clock, log })
  broker = new Broker({ host: '127.0.0.1', port: 0, name: 'orch' }, { clock, door, log })
  await broker.start()
  orchestrator = new LocalBus(broker.router, clock, systemRandom)
})
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
  await orchestrator.close()
  await broker.stop()
})

const raw = async (name: string, more: { localAddress?: string; isFrozen?: boolean } = {}) => {
  const { localAddress, ...options } = more
  const client = await rawNats(broker.port, { name, auth_token: 'shared', ...options }, localAddress)
  opened.push({ close: () => client.socket.destroy() })
  return client
}
const official = async (name: string) => {
  const client = await connect({ servers: `127.0.0.1:${broker.port}`, name, token: 'shared' })
  opened.push(client)
  return client
}
const gathered = (subject: string): BusMessage[] => {
  const messages: BusMessage[] = []
  orchestrator.subscribe(subject, (message) => messages.push(message))
  return messages
}

describe('a connection under the name of a node', () => {
  it.each([
    '>',
    '*',
    '_INBOX.>',
    '_INBOX.*',
    `${inboxOf('victim')}.*`,
    '_INBOX.victim.*',
    '_SINBOX.>',
    `_SINBOX.${'a'.repeat(32)}.*`,
    `_HEARTBEAT._SINBOX.${'a'.repeat(32)}`,
    '_LOGS.>',
    'heartbeat',
    'node.compute.>',
    'node.compute.*.AskForBid/v1',
    'node.compute.victim.>',
    'node.management.>',
    'node.orchestrator.orch.>',
    'bacalhau.global.compute.*.in.msgs',
    'bacalhau.global.compute.victim.in.msgs',
    'bacalhau.global.compute.mallory.out.msgs',
    'bacalhau.>',
    '$KV.node_v1.>',
  ])('does not hear %s, and lives on [S10]', async (subject) => {
    const mallory = await raw('mallory')
    mallory.say(`SUB ${inboxOf('mallory')}.* 1`, `SUB ${subject} 2`)
    await mallory.hears(`-ERR 'Permissions Violation for Subscription to "${subject}"'`)
    orchestrator.publish(subject.replaceAll(/[*>]/g, 'x'), bytes('secret'))
    await mallory.settled()
    expect(mallory.heard()).not.toContain('secret')
    expect(mallory.isClosed()).toBe(false)
    expect(logged).toEqual([['node_trespassed', { node: 'mallory', what: `Subscription to "${subject}"` }]])
  })

  it.each([
    'bacalhau.global.compute.victim.out.msgs',
    'bacalhau.global.compute.victim.out.ctrl',
    'bacalhau.global.compute.victim.in.msgs',
    'bacalhau.global.compute.mallory.in.msgs',
    'node.compute.victim.CancelExecution/v1',
    'node.management.victim.RegisterNode/v1',
    `${inboxOf('victim')}.abc`,
    '_INBOX.victim.abc',
    '_LOGS.victim.abc',
    '_SINBOX.abc.def',
    '$KV.node_v1.victim',
    '$JS.API.STREAM.DELETE.KV_node_v1',
  ])('does not speak on %s, and lives on [S10]', async (subject) => {
    const mallory = await raw('mallory')
    const got = gathered('>')
    mallory.publish(subject, 'forged')
    await mallory.hears(`-ERR 'Permissions Violation for Publish to "${subject}"'`)
    mallory.publish('heartbeat', 'mine')
    await mallory.settled()
    await until('the permitted word arrives', () => got.length > 0)
    expect(got.map(({ payload, sender }) => [textOf(payload), sender])).toEqual([['mine', 'mallory']])
    expect(logged).toEqual([['node_trespassed', { node: 'mallory', what: `Publish to "${subject}"` }]])
  })

  it('sends no answer of the orchestrator to another [S10]', async () => {
    const got = gathered('bacalhau.global.compute.*.out.ctrl')
    const mallory = await raw('mallory')
    for (const reply of ['bacalhau.global.compute.victim.in.msgs', `${inboxOf('victim')}.abc`]) {
      mallory.publish('bacalhau.global.compute.mallory.out.ctrl', '{}', reply)
      await mallory.hears(`-ERR 'Permissions Violation for Publish with Reply of "${reply}"'`)
    }
    expect(got).toEqual([])
  })

  it('answers what it was asked, once, and sends output as long as it is read', async () => {
    const node = await raw('east')
    node.say('SUB node.compute.east.> 1')
    await node.settled()
    const asked = orchestrator.request('node.compute.east.AskForBid/v1', bytes('?'), 5_000)
    await node.hears('AskForBid/v1 1 _INBOX.')
    const reply = /AskForBid\/v1 1 (\S+)/.exec(node.heard())?.[1] ?? ''
    node.publish(reply, 'yes')
    expect(textOf(await asked)).toBe('yes')
    node.publish(reply, 'again')
    await node.hears(`Permissions Violation for Publish to "${reply}"`)

    const output = gathered('_SINBOX.reader.*')
    const beats = gathered('_HEARTBEAT._SINBOX.reader')
    orchestrator.publish('node.compute.east.ExecutionLogs/v1', bytes('{}'), '_SINBOX.reader.one')
    await node.hears('_SINBOX.reader.one')
    for (const line of ['a', 'b', 'c']) node.publish('_SINBOX.reader.one', line)
    node.publish('_HEARTBEAT._SINBOX.reader', '?')
    node.publish('_SINBOX.reader.other', 'x')
    await node.hears('Publish to "_SINBOX.reader.other"')
    await until('output has come', () => output.length === 3 && beats.length === 1)
    expect(output.map(({ payload }) => textOf(payload))).toEqual(['a', 'b', 'c'])
  })

  it('asks and answers by the official client, which is told of what it may not', async () => {
    orchestrator.subscribe('bacalhau.global.compute.east.out.ctrl', ({ reply = '', sender }) =>
      orchestrator.publish(reply, bytes(`hello ${sender}`)),
    )
    const east = await official('east')
    expect((await east.request('bacalhau.global.compute.east.out.ctrl')).string()).toBe('hello east')
    east.subscribe('node.compute.east.>', { callback: (_error, message) => void message.respond('here') })
    await east.flush()
    expect(textOf(await orchestrator.request('node.compute.east.x', bytes(''), 5_000))).toBe('here')
    const refused = Promise.withResolvers<string>()
    east.subscribe('node.compute.west.>', { callback: (error) => refused.resolve(String(error)) })
    expect(await refused.promise).toContain('Permissions Violation for Subscription to "node.compute.west.>"')
    expect(east.isClosed()).toBe(false)
  })

  it('fills neither log nor memory by trying on and on', async () => {
    const mallory = await raw('mallory')
    for (let n = 0; n < 5_000; n++) mallory.publish(`node.compute.victim.${n}`, 'x')
    await mallory.settled()
    expect(mallory.heard().split('-ERR').length - 1).toBe(1_000)
    expect(logged).toHaveLength(10)
    expect(logged.at(-1)?.[1]).toMatchObject({ node: 'mallory', more: 'is not logged' })
  })
})

describe('the name of a node', () => {
  it('has to be given, and is not the orchestrator’s own', async () => {
    for (const name of ['', 'a.b', '*', '>', 'orch']) {
      const client = await raw(name)
      await client.closed()
      expect(client.heard()).toContain("-ERR 'Authorization Violation")
    }
  })

  it('serves several connections of one process, as nodes of 1.9 have', async () => {
    const [one, two] = [await raw('east'), await raw('east')]
    one.say('SUB node.compute.east.> 1', `SUB ${inboxOf('east')}.* 2`)
    two.say('SUB bacalhau.global.compute.east.in.msgs 1', `SUB ${inboxOf('east', '9876543210')}.* 2`)
    await Promise.all([one.settled(), two.settled()])
    orchestrator.publish('node.compute.east.x', bytes('first'))
    orchestrator.publish('bacalhau.global.compute.east.in.msgs', bytes('second'))
    await one.hears('first')
    await two.hears('second')
    expect(logged).toEqual([])
  })

  it('is refused to a second machine while the first answers, and is told once [S10]', async () => {
    const first = await raw('east')
    for (let attempt = 1; attempt <= 2; attempt++) {
      const second = await raw('east', { localAddress: '127.0.0.2' })
      await second.closed()
      expect(second.heard()).toContain("-ERR 'Authorization Violation: another machine uses this node name'")
    }
    await first.settled()
    expect(first.isClosed()).toBe(false)
    expect(logged.map(([event, { node, address }]) => [event, node, address])).toEqual([
      ['node_refused', 'east', '127.0.0.2'],
    ])
  })

  it('is refused to a second process of the machine while the first answers', async () => {
    const first = await raw('east')
    first.say(`SUB ${inboxOf('first')}.* 1`)
    await first.settled()
    const second = await raw('east')
    second.say(`SUB ${inboxOf('second')}.* 1`)
    await second.closed()
    expect(second.heard()).toContain('another machine uses this node name')
    expect(first.isClosed()).toBe(false)
  })

  it('passes on when the machine that had it does not answer any more, or has left', async () => {
    const frozen = await raw('east', { isFrozen: true })
    const second = await raw('east', { localAddress: '127.0.0.2' })
    await second.settled()
    await frozen.closed()
    expect(frozen.heard()).toContain("-ERR 'Stale Connection'")
    second.socket.destroy()
    const third = await raw('east', { localAddress: '127.0.0.3' })
    await third.settled()
    expect(third.isClosed()).toBe(false)
  })

  it('of two that ask at once for the name of a machine that is gone, one gets it', async () => {
    await raw('east', { isFrozen: true })
    const both = await Promise.all(['127.0.0.2', '127.0.0.3'].map((localAddress) => raw('east', { localAddress })))
    await until('one is turned away', () => both.some((each) => each.isClosed()))
    expect(both.filter((each) => each.isClosed())).toHaveLength(1)
  })
})
