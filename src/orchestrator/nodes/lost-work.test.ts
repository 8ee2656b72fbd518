import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { amount, job, World } from '../../../test/kit/reconcile-world.ts'
import { Awake } from './awake.ts'
import { LostWork, type LostWorkParts } from './lost-work.ts'
import { NodeTable } from './node-table.ts'

const node = 'n-0' as NodeId
const hourMs = 3_600_000

/** A node of somebody else's on which two executions run, and an orchestrator that may be started again. */
const running = () => {
  const world = new World(job({ Count: 2 }), [{ units: 10 }])
  world.nowNs = BigInt(5 * hourMs) * 1_000_000n
  world.step()
  world.run(0n)
  const time = { ofDayMs: 5 * hourMs, passedMs: 0 }
  const clock = partOf<Clock>({
    nowNs: () => BigInt(time.ofDayMs) * 1_000_000n,
    monotonicMs: () => time.passedMs,
  })
  const facts = new Map<string, string>()
  const ledger = {
    store: {
      liveExecutions: async () => world.executions.filter(({ FailureClass }) => FailureClass !== 'lost'),
      fact: async (name: string) => facts.get(name),
    },
    async commitDurably({ putFacts = {}, updateExecutions = [] }: Change) {
      for (const [name, text] of Object.entries(putFacts)) facts.set(name, text)
      for (const { execution } of updateExecutions) store(execution)
    },
  }
  const nodes = new NodeTable()
  nodes.load(
    world.nodes.map(({ state }) => state),
    world.executions,
  )
  const store = (changed: World['executions'][number]) => {
    world.executions = world.executions.map((each) => (each.ID === changed.ID ? changed : each))
    nodes.track(changed)
  }
  const evaluations = { askFor() {} }
  const start = () => {
    const awake = new Awake(clock, Number.POSITIVE_INFINITY)
    return new LostWork(partOf<LostWorkParts>({ clock, ledger, nodes, awake, disconnectAfterMs: 1_000, evaluations }))
  }
  return {
    time,
    facts,
    start,
    state: world.nodes.map(({ state }) => state)[0] as NodeState,
    tellOf(place: number) {
      const execution = world.executions[place] as World['executions'][number]
      store({ ...execution, Revision: execution.Revision + 1, ModifyTime: clock.nowNs() })
    },
    async lostAfter(lostWork: LostWork, passedMs: number): Promise<ExecutionId[]> {
      time.passedMs += passedMs
      lostWork.lookAfter()
      await new Promise((resolve) => setImmediate(resolve))
      return world.executions.filter(({ FailureClass }) => FailureClass === 'lost').map(({ ID }) => ID)
    },
    ids: world.executions.map(({ ID }) => ID),
  }
}

describe('what a Go node had when its process began anew', () => {
  it('is lost when it does not tell of it in time, also when the time of day was set back meanwhile [W33]', async () => {
    const { time, start, tellOf, lostAfter, ids } = running()
    const lostWork = start()
    await lostWork.noteProcess(node, 'first')
    expect(await lostAfter(lostWork, hourMs)).toEqual([])
    time.ofDayMs = 0
    await lostWork.noteProcess(node, 'second')
    tellOf(1)
    expect(await lostAfter(lostWork, 2_999)).toEqual([])
    expect(await lostAfter(lostWork, 2)).toEqual([ids[0]])
    expect(await lostAfter(lostWork, hourMs)).toEqual([ids[0]])
  })

  it('is remembered over a restart of the orchestrator, until it is dealt with [W33]', async () => {
    const { start, tellOf, lostAfter, ids, facts } = running()
    const before = start()
    await before.noteProcess(node, 'first')
    await before.noteProcess(node, 'second')
    tellOf(1)
    const after = start()
    await after.noteProcess(node, 'second')
    expect(await lostAfter(after, 3_001)).toEqual([ids[0]])
    const settled = new Map(facts)
    const last = start()
    await last.noteProcess(node, 'second')
    expect([facts, await lostAfter(last, hourMs)]).toEqual([settled, [ids[0]]])
  })
})

describe('what a Go node has', () => {
  it('is lost when it goes on saying that it has nothing to do, unless it told of it meanwhile [W33]', async () => {
    const { time, start, state, tellOf, lostAfter, ids } = running()
    const lostWork = start()
    const Info = { ...state.Info, SupportedProtocols: ['ncl/v1'] }
    const beat = { NodeID: node, LinkID: '', AvailableCapacity: amount(10), QueueUsedCapacity: amount(0) }
    const hear = () => lostWork.hear({ ...state, Info }, beat)
    tellOf(0)
    time.ofDayMs = 0
    hear()
    tellOf(1)
    expect(await lostAfter(lostWork, 2_999)).toEqual([])
    expect(await lostAfter(lostWork, 2)).toEqual([ids[0]])
    hear()
    expect(await lostAfter(lostWork, 3_001)).toEqual(ids)
  })
})
