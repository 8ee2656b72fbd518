import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GuardedBroker, inboxOf, startGuardedBroker } from '../../kit/guarded-broker.ts'
import { until } from '../../kit/until.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString()

let broker: GuardedBroker
beforeEach(async () => {
  broker = await startGuardedBroker()
})
afterEach(() => broker.stop())

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
    const mallory = await broker.raw('mallory')
    mallory.say(`SUB ${inboxOf('mallory')}.* 1`, `SUB ${subject} 2`)
    await mallory.hears(`-ERR 'Permissions Violation for Subscription to "${subject}"'`)
    broker.orchestrator.publish(subject.replaceAll(/[*>]/g, 'x'), bytes('secret'))
    await mallory.settled()
    expect(mallory.heard()).not.toContain('secret')
    expect(mallory.isClosed()).toBe(false)
    expect(broker.logged).toEqual([['node_trespassed', { nodeId: 'mallory', reason: `Subscription to "${subject}"` }]])
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
    const mallory = await broker.raw('mallory')
    const got = broker.gathered('>')
    mallory.publish(subject, 'forged')
    await mallory.hears(`-ERR 'Permissions Violation for Publish to "${subject}"'`)
    mallory.publish('heartbeat', 'mine')
    await mallory.settled()
    await until('the permitted word arrives', () => got.length > 0)
    expect(got.map(({ payload, sender }) => [textOf(payload), sender])).toEqual([['mine', 'mallory']])
    expect(broker.logged).toEqual([['node_trespassed', { nodeId: 'mallory', reason: `Publish to "${subject}"` }]])
  })

  it('sends no answer of the orchestrator to another [S10]', async () => {
    const got = broker.gathered('bacalhau.global.compute.*.out.ctrl')
    const mallory = await broker.raw('mallory')
    for (const reply of ['bacalhau.global.compute.victim.in.msgs', `${inboxOf('victim')}.abc`]) {
      mallory.publish('bacalhau.global.compute.mallory.out.ctrl', '{}', reply)
      await mallory.hears(`-ERR 'Permissions Violation for Publish with Reply of "${reply}"'`)
    }
    expect(got).toEqual([])
  })

  it('answers what it was asked, once, and sends output as long as it is read', async () => {
    const node = await broker.raw('east')
    node.say('SUB node.compute.east.> 1')
    await node.settled()
    const asked = broker.orchestrator.request('node.compute.east.AskForBid/v1', bytes('?'), 50_000)
    await node.hears('AskForBid/v1 1 _INBOX.')
    const reply = /AskForBid\/v1 1 (\S+)/.exec(node.heard())?.[1] ?? ''
    node.publish(reply, 'yes')
    expect(textOf(await asked)).toBe('yes')
    node.publish(reply, 'again')
    await node.hears(`Permissions Violation for Publish to "${reply}"`)

    const output = broker.gathered('_SINBOX.reader.*')
    const beats = broker.gathered('_HEARTBEAT._SINBOX.reader')
    broker.orchestrator.publish('node.compute.east.ExecutionLogs/v1', bytes('{}'), '_SINBOX.reader.one')
    await node.hears('_SINBOX.reader.one')
    for (const line of ['a', 'b', 'c']) node.publish('_SINBOX.reader.one', line)
    node.publish('_HEARTBEAT._SINBOX.reader', '?')
    node.publish('_SINBOX.reader.other', 'x')
    await node.hears('Publish to "_SINBOX.reader.other"')
    await until('output has come', () => output.length === 3 && beats.length === 1)
    expect(output.map(({ payload }) => textOf(payload))).toEqual(['a', 'b', 'c'])
  })

  it('asks and answers by the official client, which is told of what it may not', async () => {
    broker.orchestrator.subscribe('bacalhau.global.compute.east.out.ctrl', ({ reply = '', sender }) =>
      broker.orchestrator.publish(reply, bytes(`hello ${sender}`)),
    )
    const east = await broker.official('east')
    expect((await east.request('bacalhau.global.compute.east.out.ctrl')).string()).toBe('hello east')
    east.subscribe('node.compute.east.>', { callback: (_error, message) => void message.respond('here') })
    await east.flush()
    expect(textOf(await broker.orchestrator.request('node.compute.east.x', bytes(''), 50_000))).toBe('here')
    const refused = Promise.withResolvers<string>()
    east.subscribe('node.compute.west.>', { callback: (error) => refused.resolve(String(error)) })
    expect(await refused.promise).toContain('Permissions Violation for Subscription to "node.compute.west.>"')
    expect(east.isClosed()).toBe(false)
  })

  it('fills neither log nor memory by trying on and on', async () => {
    const mallory = await broker.raw('mallory')
    for (let n = 0; n < 5_000; n++) mallory.publish(`node.compute.victim.${n}`, 'x')
    await mallory.settled()
    expect(mallory.heard().split('-ERR').length - 1).toBe(1_000)
    expect(broker.logged).toHaveLength(10)
    expect(broker.logged.at(-1)?.[1]).toMatchObject({ nodeId: 'mallory', more: 'is not logged' })
  })
})
