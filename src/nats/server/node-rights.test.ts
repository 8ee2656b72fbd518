import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { NodeRights } from './node-rights.ts'
import { Replies } from './replies.ts'
import { matches } from './subjects.ts'

const ownProcess = 'mallorymallo'
const own = `${ownProcess}0123456789`
const others = 'victimvictim0123456789'
const orchestrators = 'a'.repeat(32)

/** What is meant for others' ears, of nodes and of the orchestrator. */
const secrets = [
  'bacalhau.global.compute.victim.in.msgs',
  'bacalhau.global.compute.victim.out.msgs',
  'bacalhau.global.compute.mallory.out.ctrl',
  'node.compute.victim.AskForBid/v1',
  'node.management.victim.RegisterNode/v1',
  'node.management.mallory.RegisterNode/v1',
  'node.orchestrator.orch.OnBidComplete/v1',
  'heartbeat',
  '_INBOX.victim.abc.def',
  '_INBOX.uuid',
  `_INBOX.${others}.x`,
  `_SINBOX.${others}.x`,
  `_SINBOX.${orchestrators}.x`,
  `_HEARTBEAT._SINBOX.${others}`,
  `_HEARTBEAT._SINBOX.${orchestrators}`,
  '_LOGS.mallory.x',
  '_LOGS.victim.x',
]
/** What is no word of this node, whoever hears it. */
const forgeries = secrets
  .filter((subject) => !/mallory|^heartbeat$|^node\.orchestrator\./.test(subject))
  .concat('bacalhau.global.compute.mallory.in.msgs', 'node.compute.mallory.x', '_INBOX.mallory.x', `_INBOX.${own}.x`)

const word = fc.constantFrom(...new Set(secrets.concat(forgeries).flatMap((subject) => subject.split('.'))), own, '*')
const pattern = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([words, isOpen]) => [...words, ...(isOpen ? ['>'] : [])].join('.'))
/** One of the subjects above, with some words made wild and some cut off. */
const nearSecret = fc
  .tuple(fc.constantFrom(...secrets), fc.nat(63), fc.integer({ min: 1, max: 6 }), fc.boolean())
  .map(([subject, wild, length, isOpen]) => {
    const words = subject.split('.').map((each, index) => ((wild >> index) & 1 ? '*' : each))
    return [...words.slice(0, length), ...(isOpen ? ['>'] : [])].join('.')
  })

const rightsOf = (): NodeRights =>
  new NodeRights({
    node: 'mallory',
    replies: new Replies(new StepClock()),
    claim: async () => true,
    refused: () => {},
    left: () => {},
  })
/** Of a node that has shown its process by an inbox. */
const shownRights = async (): Promise<NodeRights> => {
  const rights = rightsOf()
  expect(await rights.maySubscribe(`_INBOX.${own}.*`)).toBe(true)
  return rights
}

describe('the rights of a node', () => {
  it('reach no subject of another, whatever pattern is asked for', async () => {
    const rights = await shownRights()
    fc.assert(
      fc.property(fc.oneof(pattern, nearSecret), (pattern) => {
        const reached = secrets.filter((subject) => matches(pattern, subject))
        expect([pattern, reached.length > 0 && rights.maySubscribe(pattern)]).toEqual([pattern, false])
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })

  it('are what it needs to hear', async () => {
    const rights = await shownRights()
    const needed = ['bacalhau.global.compute.mallory.in.msgs', 'node.compute.mallory.>', '_INBOX.mallory.abc.*']
    const inboxes = [`_INBOX.${ownProcess}9999999999.*`, `_SINBOX.${own}.*`, `_HEARTBEAT._SINBOX.${own}`]
    for (const pattern of [...needed, ...inboxes])
      expect([pattern, rights.maySubscribe(pattern)]).toEqual([pattern, true])
  })

  it('let it speak in no other name, and have nobody answered but itself', async () => {
    const rights = await shownRights()
    for (const subject of forgeries) expect([subject, rights.mayPublish(subject)]).toEqual([subject, false])
    for (const reply of secrets) expect([reply, rights.mayAskFor(reply)]).toEqual([reply, false])
    expect(rights.mayAskFor(`_INBOX.${own}.x`)).toBe(true)
    expect(rightsOf().mayAskFor(`_INBOX.${own}.x`)).toBe(false)
  })
})
