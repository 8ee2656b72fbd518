import { describe, expect, it } from 'vitest'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { job, second, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'

/** The job runs on node n-0, which is drained; then there is another node with so much room. */
const drained = (theJob: Job, elsewhere: number, units = 4): World => {
  const world = new World(theJob, [{ units }, { units: elsewhere }])
  cordon(world, 1, 'CORDONED')
  world.step()
  world.run(1n)
  world.step()
  cordon(world, 1, undefined)
  cordon(world, 0, 'DRAINING')
  return world
}

const cordon = ({ nodes }: World, index: number, wanted: 'CORDONED' | 'DRAINING' | undefined): void => {
  const node = nodes[index]
  if (!node) return
  const { Cordon: _, ...state } = node.state
  node.state = { ...state, ...(wanted ? { Cordon: wanted } : {}) }
}

/** `n-0 Running`, `n-0 Running stopping`. */
const live = ({ executions }: World): string[] =>
  executions
    .filter(({ ComputeState }) => !isTerminalExecution(ComputeState.StateType))
    .map(({ NodeID, ComputeState, DesiredState }) =>
      [NodeID, ComputeState.StateType, DesiredState.StateType === 'Stopped' ? 'stopping' : ''].join(' ').trim(),
    )

describe('a cordoned node', () => {
  it('gets nothing new and keeps what it has, and the job that waits for it names the cure [F3]', () => {
    const world = new World(job({ Count: 1 }), [{ units: 4 }])
    cordon(world, 0, 'CORDONED')
    const { Exclusions, Summary } = forecastOf(world.snapshot()).forecast
    expect(Exclusions).toEqual([
      {
        Rule: 'cordon',
        Reason: 'cordoned',
        Cure: 'uncordon it: bacalhau node uncordon n-0',
        Count: 1,
        NodeIDs: ['n-0'],
      },
    ])
    expect(Summary).toBe('no node takes it: cordoned (1 of 1 nodes)')
    cordon(world, 0, undefined)
    world.step()
    cordon(world, 0, 'CORDONED')
    expect(world.step()).toMatchObject({ starts: [], changes: [] })
    expect(live(world)).toEqual(['n-0 New'])
  })
})

describe('a node that is drained', () => {
  it('loses as much of a batch as there is room for elsewhere, and the rest as room comes [R97]', () => {
    const world = drained(job({ Count: 3 }), 2)
    const plan = world.step()
    expect(plan.starts.map(({ NodeID, Attempt, Epoch }) => [NodeID, Attempt, Epoch])).toEqual([
      ['n-1', 2, 2],
      ['n-1', 2, 2],
    ])
    expect(plan.waitsFor).toBe('room')
    const moving = ['n-0 Running stopping', 'n-0 Running stopping', 'n-0 Running', 'n-1 New', 'n-1 New']
    expect(live(world)).toEqual(moving)
    expect(world.step()).toMatchObject({ starts: [], changes: [], waitsFor: 'room' })
    world.nodes[1] = { ...world.nodes[1]!, capacity: { CPU: 3, Memory: 3, Disk: 0, GPU: 0 } }
    expect(world.step().starts.map(({ NodeID }) => NodeID)).toEqual(['n-1'])
    expect(live(world).filter((each) => each === 'n-0 Running stopping')).toHaveLength(3)
  })

  it('keeps a service until its replacement runs, and then lets it go [R99]', () => {
    const world = drained(job({ Type: 'service', Count: 1 }), 4)
    world.step()
    expect(live(world)).toEqual(['n-0 Running', 'n-1 New'])
    expect(world.step()).toMatchObject({ starts: [], changes: [] })
    world.run(2n)
    const [change] = world.step().changes
    expect(change?.after).toMatchObject({
      NodeID: 'n-0',
      DesiredState: { Message: expect.stringContaining('drained') },
    })
    expect(live(world)).toEqual(['n-0 Running stopping', 'n-1 Running'])
  })

  it('keeps a service whose replacement fails, and tries again when the policy allows it [R104]', () => {
    const world = drained(job({ Type: 'service', Count: 1, Reschedule: { Attempts: 2, Delay: 60 } }), 4)
    world.step()
    world.end(1, 'Failed', 'node')
    expect(world.step()).toMatchObject({ starts: [], changes: [] })
    world.nowNs = 60n * second
    world.step()
    expect(live(world)).toEqual(['n-0 Running', 'n-1 New'])
    world.end(1, 'Failed', 'node')
    world.nowNs = 6_000n * second
    expect(world.step()).toMatchObject({ starts: [], changes: [] })
    expect([world.job.State.StateType, live(world)]).toEqual(['Running', ['n-0 Running']])
  })

  it('keeps what has no place elsewhere, and what must not start twice or belongs to that node', () => {
    const stays: [Partial<Job>, number][] = [
      [{ Type: 'service', Count: 1 }, 0],
      [{ Count: 1 }, 0],
      [{ Count: 1, Delivery: 'AtMostOnce' }, 4],
      [{ Type: 'ops' }, 0],
    ]
    for (const [change, elsewhere] of stays) {
      const world = drained(job(change), elsewhere)
      world.step()
      expect(live(world), JSON.stringify(change)).toEqual(['n-0 Running'])
      expect(world.job.State.StateType).toBe('Running')
    }
  })

  it('stops what is left at its deadline, although there is no place elsewhere: it waits for one [R97]', () => {
    const ends: [Partial<Job>, string, string[]][] = [
      [{ Count: 1 }, 'Queued', []],
      [{ Type: 'service', Count: 1 }, 'Queued', []],
      [{ Type: 'ops' }, 'Failed', []],
      [{ Count: 1, Delivery: 'AtMostOnce' }, 'Failed', []],
    ]
    for (const [change, state, places] of ends) {
      const world = drained(job(change), 0)
      world.nodes[0]!.state = { ...world.nodes[0]!.state, DrainBy: 60n * second }
      world.nowNs = 59n * second
      expect(world.step().checkAt, JSON.stringify(change)).toBe(60n * second)
      expect(live(world)).toEqual(['n-0 Running'])
      world.nowNs = 60n * second
      world.step()
      expect(live(world)).toEqual(['n-0 Running stopping'])
      world.end(0, 'Cancelled')
      world.step()
      expect([world.job.State.StateType, live(world)], JSON.stringify(change)).toEqual([state, places])
    }
  })

  it('at its deadline begins elsewhere what may run beside its old attempt, and what may not once that has ended [I4]', () => {
    for (const [Delivery, starts] of [
      ['AtLeastOnce', 1],
      ['AtMostOnce', 0],
    ] as const) {
      const world = drained(job({ Count: 1, Delivery }), 0)
      world.nodes[0]!.state = { ...world.nodes[0]!.state, DrainBy: 60n * second }
      world.nodes[1]!.capacity = { CPU: 4, Memory: 4, Disk: 0, GPU: 0 }
      world.nodes[1]!.state.Info.ComputeNodeInfo!.MaxJobRequirements = { CPU: 4, Memory: 4, Disk: 0, GPU: 0 }
      world.nowNs = 60n * second
      expect(world.step().starts).toHaveLength(starts)
      world.end(0, 'Cancelled')
      expect(world.step().starts).toEqual([])
    }
  })

  it('is left by a daemon, which comes back when the node takes work again [R100]', () => {
    const world = drained(job({ Type: 'daemon' }), 0)
    world.step()
    expect(live(world)).toEqual(['n-0 Running stopping'])
    world.end(0, 'Cancelled')
    expect(world.step().starts).toEqual([])
    cordon(world, 0, undefined)
    expect(world.step().starts.map(({ NodeID }) => NodeID)).toEqual(['n-0'])
  })

  it('that takes work again keeps one of two [I3]', () => {
    const world = drained(job({ Type: 'service', Count: 1 }), 4)
    world.step()
    cordon(world, 0, undefined)
    world.step()
    world.run(2n)
    world.step()
    expect(live(world)).toEqual(['n-0 Running stopping', 'n-1 Running'])
  })
})
