import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedBroker, inboxOf, startGuardedBroker } from '../../kit/guarded-broker.ts'
import { heldBytes } from '../../kit/held-bytes.ts'
import { inParallel } from './send.ts'

let broker: GuardedBroker
beforeAll(async () => {
  broker = await startGuardedBroker()
})
afterAll(() => broker.stop())

const name = fc.constantFrom('a', 'b', 'c', 'orch', '', 'x.y', '>')
const subject = fc.oneof(
  fc.constantFrom(
    '>',
    '*',
    'heartbeat',
    'node.compute.a.>',
    'node.management.a.x',
    '_INBOX.>',
    `${inboxOf('a')}.*`,
    '..',
  ),
  fc.string({ maxLength: 20 }),
)
const line = fc.oneof(
  subject.map((subject) => `SUB ${subject} 1\r\n`),
  fc
    .tuple(subject, fc.option(subject, { nil: '' }), fc.string({ maxLength: 40 }))
    .map(([to, reply, text]) => `PUB ${to} ${reply} ${Buffer.byteLength(text)}\r\n${text}\r\n`),
  fc.integer({ min: -5, max: 2_000_000 }).map((size) => `PUB heartbeat ${size}\r\nshort\r\n`),
  fc.constantFrom(
    'PING\r\n',
    'PONG\r\n',
    'UNSUB 1\r\n',
    'UNSUB 1 2\r\n',
    'CONNECT {}\r\n',
    'HPUB a 9 3\r\n',
    '\r\n',
    '\n',
  ),
  fc.string(),
)
const greeting = fc.oneof(
  fc
    .tuple(name, fc.constantFrom('shared', 'wrong'))
    .map(
      ([name, token]) =>
        `CONNECT ${JSON.stringify({ name, auth_token: token, headers: true, no_responders: true })}\r\n`,
    ),
  fc.json().map((json) => `CONNECT ${json}\r\n`),
  fc.constant(''),
)
const conversations = fc
  .sample(fc.tuple(greeting, fc.array(line, { maxLength: 15 })), { seed: 3, numRuns: 1_000 })
  .map(([greeting, lines]) => greeting + lines.join(''))

/** Says it all and goes, with or without a goodbye; resolves when the connection is over. */
const say = (text: string, index: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(broker.port, '127.0.0.1', () =>
      socket.write(text, () => (index % 2 === 0 ? socket.end() : socket.destroy())),
    )
    socket.resume()
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
const sayAll = () => inParallel([...conversations.entries()], ([index, text]) => say(text, index))
const answers = async (): Promise<void> => {
  const node = await broker.official('well')
  const asked = broker.gathered('node.management.well.x')
  node.publish('node.management.well.x')
  await node.flush()
  expect(asked).toHaveLength(1)
  await node.close()
}

/** In three tests, because what watches the answers of a test keeps them to its end. */
describe(`the broker under ${conversations.length} conversations of any kind`, () => {
  let before = 0

  it('goes on', async () => {
    await sayAll()
    await answers()
  })

  it('goes on the second and third time', async () => {
    broker.logged.length = 0
    before = await heldBytes()
    await sayAll()
    await sayAll()
    await answers()
  })

  it('holds no more memory then', async () => {
    broker.logged.length = 0
    const grown = (await heldBytes()) - before
    console.log(`memory: ${grown} bytes more after ${2 * conversations.length} conversations`)
    // A connection that stayed would be ten times that.
    expect(grown).toBeLessThan(2 * conversations.length * 500)
  })
})
