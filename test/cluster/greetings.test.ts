import { expect, it } from 'vitest'
import type { Subscription } from '#contracts/bus.ts'
import { greetApproved, greetNodes, heedGreetings } from '#link/greeting.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Router } from '#nats/server/router.ts'
import { systemRandom } from '#platform/random.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { amount, nodeState } from '../kit/reconcile-world.ts'
import { StepClock } from '../kit/step-clock.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A bus that can be lost and reached again. */
class LosableBus extends LocalBus {
  #handler: (isConnected: boolean) => void = () => {}

  override onConnection(handler: (isConnected: boolean) => void): Subscription {
    this.#handler = handler
    return super.onConnection(handler)
  }

  turn(isConnected: boolean): void {
    this.#handler(isConnected)
  }
}

/** Nodes that are known to an orchestrator that starts. */
const fleet = (states: readonly NodeState[]) => {
  const clock = new StepClock()
  const bus = new LosableBus(new Router(), clock, systemRandom)
  const heard: NodeId[] = []
  for (const { Info } of states) heedGreetings(bus, Info.NodeID, () => heard.push(Info.NodeID))
  const greeting = greetNodes(bus, clock, async () => states)
  const passTo = async (ms: number): Promise<void> => {
    for (let at = clock.nowAtMs; at <= ms; at += 50) {
      clock.goTo(at)
      await turn()
    }
  }
  return { clock, bus, heard, greeting, passTo }
}

const away = (name: string): NodeState => {
  const { ConnectionState, ...state } = nodeState(name, amount(1), {})
  const Info = { ...state.Info, SupportedProtocols: ['bac/v1'] }
  return { ...state, Info, ConnectionState: { ...ConnectionState, Status: 'DISCONNECTED' } }
}

it('a thousand nodes hear within a second that their orchestrator is there, and of ten thousand no more than that a second', async () => {
  const { clock, heard, passTo } = fleet(Array.from({ length: 10_000 }, (_, n) => away(`n-${n}`)))
  await passTo(950)
  expect(heard).toHaveLength(1_000)
  await passTo(10_000)
  expect(new Set(heard).size).toBe(10_000)
  expect(heard).toHaveLength(10_000)
  expect(clock.pending).toBe(0)
})

const oneOfEachKind = (): NodeState[] => {
  const [connected, rejected, ofGo] = [away('connected'), away('rejected'), away('go')]
  return [
    { ...connected, ConnectionState: { ...connected.ConnectionState, Status: 'CONNECTED' } },
    { ...rejected, Membership: 'REJECTED' },
    { ...ofGo, Info: { ...ofGo.Info, SupportedProtocols: ['ncl/v1'] } },
    away('missed'),
  ]
}

it('nobody is told who is connected, is rejected, or speaks another protocol', async () => {
  const { heard, passTo } = fleet(oneOfEachKind())
  await passTo(1_000)
  expect(heard).toEqual(['missed'])
})

it('when the orchestrator comes back to the bus, who still counts as connected is told too: it may have met nobody there', async () => {
  const { bus, heard, passTo } = fleet(oneOfEachKind())
  await passTo(1_000)
  bus.turn(false)
  await passTo(2_000)
  expect(heard).toEqual(['missed'])
  bus.turn(true)
  await passTo(3_000)
  expect(heard).toEqual(['missed', 'connected', 'missed'])
})

it('an orchestrator that stops tells nobody any more', async () => {
  const { clock, heard, greeting, passTo } = fleet(Array.from({ length: 200 }, (_, n) => away(`n-${n}`)))
  await passTo(50)
  greeting.stop()
  await passTo(1_000)
  expect(heard).toHaveLength(100)
  expect(clock.pending).toBe(0)
})

it('a node that is approved after it was rejected hears it at once [R52, P2]', async () => {
  const cluster = started(await startOrchestrator())
  const name = 'east' as NodeId
  started(await joinCompute(cluster.port, name, { engines: [] }))
  const heard: NodeId[] = []
  heedGreetings(cluster.bus, name, () => heard.push(name))
  const greeting = greetApproved(cluster.bus, cluster.nodes)
  const isThere = async (status: string): Promise<boolean> =>
    (await cluster.nodes.list()).some(
      ({ Info, ConnectionState }) => Info.NodeID === name && ConnectionState.Status === status,
    )
  await until('it is connected', () => isThere('CONNECTED'))
  await cluster.nodes.reject(name, '')
  expect(await isThere('DISCONNECTED')).toBe(true)
  await cluster.nodes.approve(name, '')
  await until('it hears it', () => heard.length > 0)
  greeting.stop()
  await cluster.nodes.reject(name, '')
  await cluster.nodes.approve(name, '')
  await turn()
  expect(heard).toEqual([name])
})
