import { expect, it } from 'vitest'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Post } from '#link/post.ts'
import type { NodeId } from '#models/ids.ts'
import type { HandshakeReply } from '#models/messages/messages.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { amount, nodeState } from '../../test/kit/reconcile-world.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import type { Compute } from './compute.ts'
import { Connection } from './connection.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const nobodyListens = new Fault('ServiceUnavailable', 'nobody listens', { isRetryable: true })
const welcome: HandshakeReply = {
  IsAccepted: true,
  Reason: '',
  LinkID: 'link',
  HeartbeatIntervalMs: 15_000,
} as HandshakeReply

/** A node whose handshakes each wait for what the test lets become of them. */
const node = (info = async () => nodeState('n-1', amount(1), {}).Info) => {
  const clock = new StepClock()
  const handshakes: PromiseWithResolvers<HandshakeReply>[] = []
  const shakeHands = (): Promise<HandshakeReply> => {
    const handshake = Promise.withResolvers<HandshakeReply>()
    handshakes.push(handshake)
    return handshake.promise
  }
  let reachable: () => void = () => {}
  const goodbyes: string[] = []
  const connection = new Connection({
    nodeId: 'n-1' as NodeId,
    store: partOf<Store>({ storeId: 's', fact: async () => 'link' }),
    post: partOf<Post>({ connect: () => {}, disconnect: () => {} }),
    compute: partOf<Compute>({ live: [], setLink: () => {} }),
    orchestrator: partOf<OrchestratorEnd>({
      handshake: shakeHands,
      goodbye: async (id) => void goodbyes.push(id),
    }),
    clock,
    info,
    beatEveryMs: 15_000,
    sharesStore: false,
    onReachable: (handler) => {
      reachable = handler
      return { stop: () => {} }
    },
    log: () => {},
  })
  const passTo = async (ms: number): Promise<void> => {
    for (let at = clock.nowAtMs; at <= ms; at += 100) {
      clock.goTo(at)
      await turn()
    }
  }
  const failAll = (): void => {
    for (const { reject } of handshakes) reject(nobodyListens)
  }
  return { clock, connection, handshakes, goodbyes, failAll, passTo, reach: () => reachable() }
}

it('a node that meets nobody tries again after five seconds at most', async () => {
  const { connection, handshakes, failAll, passTo } = node()
  await connection.start()
  for (let ms = 0; ms <= 60_000; ms += 100) {
    failAll()
    await passTo(ms)
  }
  expect(handshakes.length).toBeGreaterThanOrEqual(12)
})

it('a node that is called while it meets nobody tries again at once, and soon after that', async () => {
  const { connection, handshakes, failAll, passTo, reach } = node()
  await connection.start()
  for (let ms = 0; ms <= 20_000; ms += 100) {
    failAll()
    await passTo(ms)
  }
  reach()
  await turn()
  const before = handshakes.length
  reach()
  failAll()
  await passTo(20_100)
  expect(handshakes).toHaveLength(before + 1)
  failAll()
  await passTo(21_200)
  expect(handshakes).toHaveLength(before + 2)
  handshakes.at(-1)?.resolve(welcome)
  await passTo(26_200)
  expect(handshakes).toHaveLength(before + 2)
})

it('a node that ends says goodbye by the name that it came with: a component that says nothing does not keep it', async () => {
  let asked = 0
  const info = () =>
    asked++ === 0 ? Promise.resolve(nodeState('n-1', amount(1), {}).Info) : new Promise<never>(() => {})
  const { connection, handshakes, goodbyes } = node(info)
  await connection.start()
  await turn()
  handshakes[0]?.resolve(welcome)
  await turn()
  await connection.stop()
  expect(goodbyes).toEqual(['n-1'])
})
