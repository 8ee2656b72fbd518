import { describe, expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import { job, second, task, World } from '../../../../test/kit/reconcile-world.ts'

describe('batch jobs', () => {
  it('use every slot of every node and spread first [R98, P1]', () => {
    const world = new World(job({ Count: 20 }), [{ units: 8 }, { units: 8 }])
    const plan = world.step()
    expect(plan.starts.length).toBe(16)
    expect(plan.waitsFor).toBe('room')
    expect(plan.starts.slice(0, 4).map((e) => e.NodeID)).toEqual(['n-0', 'n-1', 'n-0', 'n-1'])
  })

  it('keep to MaxPerNode', () => {
    const world = new World(job({ Count: 5, MaxPerNode: 1 }), [{ units: 8 }, { units: 8 }])
    expect(
      world
        .step()
        .starts.map((e) => e.NodeID)
        .sort(),
    ).toEqual(['n-0', 'n-1'])
  })

  it('complete at once with Count 0', () => {
    const world = new World(job({ Count: 0 }), [])
    expect(world.step().jobState?.StateType).toBe('Completed')
  })

  it('fail when no node can ever run them, each reason on a line of its own [R122, W10, W40]', () => {
    const world = new World(job({ Constraints: [{ Key: 'zone', Operator: '=', Values: ['x'] }] }), [
      { units: 1, labels: { zone: 'a' } },
      { units: 1, labels: { zone: 'b' } },
    ])
    expect(world.step().jobState?.Message).toBe(
      [
        'not enough nodes to run job. requested: 1, available: 2, suitable: 0.',
        "• Node n-0: labels map[zone:a] don't match required selectors [zone = x]",
        "• Node n-1: labels map[zone:b] don't match required selectors [zone = x]",
      ].join('\n'),
    )
  })

  it('wait for a node as long as QueueTimeout says', () => {
    const queued = { ...task, Timeouts: { QueueTimeout: 60n } }
    const world = new World(job({ Tasks: [queued] }), [])
    const plan = world.step()
    expect(plan.jobState?.StateType).toBe('Queued')
    expect(plan.checkAt).toBe(60n * second)
    world.nowNs = 60n * second
    expect(world.step().jobState?.StateType).toBe('Failed')
  })

  it('that wait say why again once a minute at most, however often the nodes change', () => {
    const world = new World(job(), [{ units: 2 }, { units: 2 }])
    world.nodes[1]!.isConnected = false
    world.step()
    world.others = world.executions
    world.executions = []
    world.job = job({ ID: 'j-2' as JobId, Tasks: [{ ...task, Resources: { CPU: '2' } }] })
    expect(world.step().jobState?.Message).toContain('node busy')
    world.nodes[1]!.isConnected = true
    world.nodes[1]!.state.Info.ComputeNodeInfo!.ExecutionEngines = []
    world.nowNs = 59n * second
    expect(world.step().jobState).toBeUndefined()
    world.nowNs = 60n * second
    expect(world.step().jobState?.Message).toContain('available: 2')
  })

  it('do not run a user error on a second node [W27]', () => {
    const world = new World(job(), [{ units: 1 }, { units: 1 }])
    world.step()
    world.end(0, 'Failed', 'user')
    const plan = world.step()
    expect(plan.starts).toEqual([])
    expect(plan.jobState?.StateType).toBe('Failed')
    expect(plan.jobState?.Message?.split('\n')[0]).toBe('it Failed')
  })

  it('wait before the second attempt, and make no third [R104, W27]', () => {
    const world = new World(job(), [{ units: 1 }])
    world.step()
    world.end(0, 'Failed', 'transient')
    const plan = world.step()
    expect(plan.starts).toEqual([])
    expect(plan.checkAt).toBeGreaterThan(0n)
    world.nowNs = plan.checkAt ?? 0n
    expect(world.step().starts.map((e) => [e.Attempt, e.Epoch])).toEqual([[2, 2]])
    world.end(0, 'Failed', 'transient')
    expect(world.step().jobState?.StateType).toBe('Failed')
  })

  it('place lost executions again at once, unless they may have started unseen and must not twice [W8, I4]', () => {
    for (const [Delivery, expected] of [
      ['AtLeastOnce', 1],
      ['AtMostOnce', 0],
    ] as const) {
      const world = new World(job({ Delivery }), [{ units: 1 }])
      world.step()
      world.end(0, 'Failed', 'lost')
      expect(world.step().starts.length).toBe(expected)
    }
  })

  it.each([
    ['after their start', 1n],
    ['and perhaps had started', 0n],
  ])('are not placed again when they were cancelled %s and must not start twice [I4]', (_when, StartTime) => {
    const world = new World(job({ Delivery: 'AtMostOnce' }), [{ units: 1 }])
    world.step()
    world.executions = world.executions.map((execution) => ({ ...execution, StartTime }))
    world.end(0, 'Cancelled')
    expect(world.step().starts).toEqual([])
  })

  it('fail when TotalTimeout is over, counted from the present version [W15]', () => {
    const limited = { ...task, Timeouts: { TotalTimeout: 5n } }
    const world = new World(job({ Tasks: [limited], VersionTime: 10n * second }), [{ units: 1 }])
    world.nowNs = 10n * second
    world.step()
    world.nowNs = 14n * second
    expect(world.step().jobState).toBeUndefined()
    world.nowNs = 16n * second
    const plan = world.step()
    expect(plan.jobState?.Message).toBe('Job timed out. Job took longer than 5s')
    expect(plan.changes.map((change) => change.isCancelSent)).toEqual([true])
  })

  it('let the node end what runs out of time with them, for as long as it may take to stop [W26]', () => {
    const limited = { ...task, Timeouts: { TotalTimeout: 5n }, StopGrace: 2 }
    const world = new World(job({ Tasks: [limited] }), [{ units: 1 }])
    world.step()
    world.run(1n * second)
    world.nowNs = 4n * second
    expect(world.step()).toMatchObject({ changes: [], checkAt: 5n * second })
    // Such as that its result cannot be published yet.
    world.tellOfProgress()
    world.nowNs = 12n * second
    expect(world.step()).toMatchObject({ changes: [], checkAt: 13n * second })
    world.nowNs = 13n * second
    expect(world.step().jobState?.Message).toBe('Job timed out. Job took longer than 5s')
  })

  it('have what started later stopped in time, and start nothing more, while a node ends the rest [W15, W26]', () => {
    const world = new World(job({ Count: 2, Tasks: [{ ...task, Timeouts: { TotalTimeout: 60n } }] }), [{ units: 2 }])
    world.step()
    world.run(1n)
    world.end(0, 'Failed', 'lost')
    world.nowNs = 3n * second
    const [late] = world.step().starts
    world.executions = world.executions.map((each) =>
      each.ID === late?.ID ? { ...each, StartTime: 3n * second } : each,
    )
    world.nowNs = 60n * second
    const plan = world.step()
    expect(plan.jobState).toBeUndefined()
    expect(plan.changes.map(({ before }) => before.ID)).toEqual([late?.ID])
    world.end(0, 'Failed', 'transient')
    expect(world.step()).toMatchObject({ starts: [], jobState: { StateType: 'Failed' } })
  })

  it('do not wait for a node whose program started too late to be ended with them', () => {
    const world = new World(job({ Tasks: [{ ...task, Timeouts: { TotalTimeout: 60n } }] }), [{ units: 1 }])
    world.step()
    world.run(50n * second)
    world.nowNs = 60n * second
    expect(world.step().jobState?.StateType).toBe('Failed')
  })
})

describe('the reason why a node does not fit', () => {
  it('is none when an input names its storage as later clients do [R179]', () => {
    const input = { Source: { Type: 'local' }, Alias: '', Target: '/in' }
    const world = new World(job({ Tasks: [{ ...task, InputSources: [input] }] }), [{ units: 1 }])
    expect(world.step().starts.length).toBe(1)
  })

  it('names the values of a constraint as clients know it [R122]', () => {
    const world = new World(job({ Constraints: [{ Key: 'zone', Operator: 'in', Values: ['b', 'c'] }] }), [{ units: 1 }])
    expect(world.step().jobState?.Message).toContain("labels map[] don't match required selectors [zone in b|c]")
  })
})
