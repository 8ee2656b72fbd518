import { expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { Frame } from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { systemRandom } from '#platform/random.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { GoLogStreams } from '../go/log-streams.ts'
import { GoNode } from './go-node.ts'

const settled = () => new Promise((done) => setImmediate(done))

/** A node that runs `e-1`, or what `live` names, as far as is known, and answers as `answer` says. */
function running(answer: (request: string) => string | Promise<string>, live = () => ['e-1']) {
  const clock = new StepClock()
  const seen = { asked: 0, ended: [] as string[], logged: [] as string[] }
  const bus = partOf<Bus>({
    request: async (_subject: string, payload: Uint8Array) => {
      seen.asked++
      return Buffer.from(await answer(Buffer.from(payload).toString()))
    },
  })
  const deliver = async (_id: NodeId, _link: string, frames: readonly Frame<{ Kind: string }>[]) => {
    seen.ended.push(...frames.map(({ Message }) => Message.Kind))
    return { LastSeq: frames.at(-1)?.Seq ?? 0 }
  }
  const reply = { IsAccepted: true, LinkID: 'l-1' }
  const node = new GoNode('n-1' as NodeId, {
    bus,
    clock,
    random: systemRandom,
    end: partOf<OrchestratorEnd>({ handshake: async () => reply, deliver }),
    streams: new GoLogStreams(bus, clock, systemRandom),
    orchestratorId: 'o-1',
    liveOn: async () => live().map((ID) => partOf<Execution>({ ID, ComputeState: { StateType: 'Running' } })),
    log: (event, { error }) => void seen.logged.push(`${event}: ${error}`),
  })
  const join = async () => {
    await node.join(partOf<NodeInfo>({ NodeID: 'n-1' }), false)
    await settled()
  }
  return { seen, clock, node, join }
}

const isOver = JSON.stringify({ error: 'error in handler : execution is in state Completed', value: null })

it('a node of 1.4 that is away is left alone, and asked what it runs once it is heard again [W7]', async () => {
  let isAway = true
  const { seen, clock, node, join } = running(() => {
    if (isAway) throw new Fault('ServiceUnavailable', 'nobody listens', { isRetryable: true })
    return isOver
  })
  await join()
  for (let ms = 0; ms <= 60_000; ms += 5_000) {
    clock.goTo(ms)
    await settled()
  }
  expect(seen.asked).toBe(1)
  isAway = false
  node.heard()
  await settled()
  node.heard()
  await settled()
  expect(seen.asked).toBe(2)
  clock.goTo(66_000)
  await settled()
  expect(seen).toMatchObject({ asked: 2, ended: ['ComputeError'], logged: [] })
})

it('what keeps a node of 1.4 from being asked is told where it is no silence [W7]', async () => {
  const { seen, node, join } = running(() => {
    throw new TypeError('a bug')
  })
  await join()
  node.heard()
  await settled()
  expect(seen).toMatchObject({ asked: 2, logged: ['node_not_asked: a bug', 'node_not_asked: a bug'] })
})

it('what a node of 1.4 has ended unheard fails also when it is asked again before it has answered for the rest [W7]', async () => {
  const slow = Promise.withResolvers<string>()
  let live = ['e-1']
  const { seen, clock, join } = running(
    (request) => (request.includes('e-1') ? slow.promise : isOver),
    () => live,
  )
  await join()
  live = ['e-2']
  await join()
  slow.resolve(isOver)
  await settled()
  clock.goTo(5_000)
  await settled()
  expect(seen).toMatchObject({ asked: 2, ended: ['ComputeError', 'ComputeError'] })
})
