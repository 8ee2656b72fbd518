import { afterEach, expect, it } from 'vitest'
import type { Subscription } from '#contracts/bus.ts'
import { claimBus } from '#link/bus-claim.ts'
import type { NodeId } from '#models/ids.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Router } from '#nats/server/router.ts'
import { systemRandom } from '#platform/random.ts'
import { StepClock } from '../kit/step-clock.ts'

/** Orchestrators on one bus, or on two that find each other later. */
const claims: Subscription[] = []
afterEach(() => {
  for (const claim of claims.splice(0)) claim.stop()
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

class Rival {
  readonly bus: LocalBus
  readonly given: string[] = []
  readonly #clock: StepClock
  readonly #nodeId: NodeId

  constructor(name: string, router: Router, clock: StepClock) {
    this.bus = new LocalBus(router, clock, systemRandom)
    this.#clock = clock
    this.#nodeId = name as NodeId
  }

  async claim(): Promise<void> {
    const [bus, clock, nodeId] = [this.bus, this.#clock, this.#nodeId]
    const onOlder = ({ message }: Error): void => void this.given.push(message)
    claims.push(await claimBus({ bus, clock, nodeId, random: systemRandom, onOlder }))
  }
}

it('a second orchestrator is told who has the bus, and the first goes on [W18]', async () => {
  const [clock, router] = [new StepClock(), new Router()]
  const [first, second] = [new Rival('first', router, clock), new Rival('second', router, clock)]
  await first.claim()
  clock.goTo(1_000)
  await expect(second.claim()).rejects.toMatchObject({ code: 'Conflict', message: /^orchestrator first is on/ })
  expect(first.given).toEqual([])
})

it('of two that claim it in one moment exactly one goes on, and the other is told at once', async () => {
  const [clock, router] = [new StepClock(), new Router()]
  const rivals = [new Rival('one', router, clock), new Rival('two', router, clock)]
  await Promise.all(rivals.map((rival) => rival.claim()))
  clock.goTo(0)
  await turn()
  const [gone, ...others] = rivals.filter(({ given }) => given.length > 0)
  expect(others).toEqual([])
  expect(gone?.given[0]).toBe(`orchestrator ${gone === rivals[0] ? 'two' : 'one'} is on these NATS servers already`)
})

it('of two whose servers find each other later the younger gives way within ten seconds', async () => {
  const clock = new StepClock()
  const [east, west] = [new Router(), new Router()]
  const elder = new Rival('elder', east, clock)
  await elder.claim()
  clock.goTo(5_000)
  const younger = new Rival('younger', west, clock)
  await younger.claim()
  await turn()
  for (const [from, to] of [
    [east, west],
    [west, east],
  ] as const)
    from.add({
      pattern: 'bacalhau.global.orchestrator.who',
      queue: undefined,
      deliver: (message) => {
        if (message.sender !== 'route') to.route({ ...message, sender: 'route' })
      },
    })
  clock.goTo(15_000)
  await turn()
  expect(elder.given).toEqual([])
  expect(younger.given[0]).toBe('orchestrator elder is on these NATS servers already')
})

it('what is no claim changes nothing', async () => {
  const [clock, router] = [new StepClock(), new Router()]
  const only = new Rival('only', router, clock)
  await only.claim()
  for (const text of ['', 'x', '{}', '{"Since":1}'])
    only.bus.publish('bacalhau.global.orchestrator.who', Buffer.from(text))
  await turn()
  expect(only.given).toEqual([])
})
