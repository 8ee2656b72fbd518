import { describe, expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { Membership } from '#models/node.ts'
import type { Task } from '#models/task.ts'
import { amount, job, second, task, World } from '../../test/kit/reconcile-world.ts'
import { forecastOf } from './forecast.ts'
import { reasonsOf } from './jobs/why.ts'

type Units = { units: number; labels?: Record<string, string> }
const forecast = (theJob: Job, nodes: Units[], change: (world: World) => void = () => {}) => {
  const world = new World(theJob, nodes)
  change(world)
  return forecastOf(world.snapshot()).forecast
}
const withTask = (change: Partial<Task>, more: Partial<Job> = {}): Job =>
  job({ Tasks: [{ ...task, ...change }], ...more })
const lines = ({ Exclusions }: ReturnType<typeof forecast>) =>
  Exclusions.map(({ Rule, Reason, Cure, Count }) => `${Count} ${Rule}: ${Reason}. ${Cure}`)
const standing = (membership: Membership) => (world: World) => {
  for (const node of world.nodes) node.state = { ...node.state, Membership: membership }
}
const one = [{ units: 4 }]

describe('a forecast', () => {
  it('names for each node the first rule it fails, with what would cure it [F3]', () => {
    const zone = { Key: 'zone', Operator: '=', Values: ['eu'] } as const
    const cases: [string, ReturnType<typeof forecast>][] = [
      [
        '1 engine: engine docker is missing. enable engine docker there, or start a node that has it',
        forecast(withTask({ Engine: { Type: 'docker' } }, { Constraints: [{ ...zone, Values: ['eu'] }] }), one),
      ],
      [
        '1 publisher: publisher s3 is missing. enable publisher s3 there, or choose another',
        forecast(withTask({ Publisher: { Type: 's3' } }), one),
      ],
      [
        '1 storage: input source ipfs is missing. enable input source ipfs there, or choose another',
        forecast(withTask({ InputSources: [{ Source: { Type: 'ipfs' }, Alias: '', Target: '/in' }] }), one),
      ],
      [
        '1 labels: labels do not meet zone = eu. start a node with label zone=eu, or change the constraint',
        forecast(job({ Constraints: [{ ...zone, Values: ['eu'] }] }), one),
      ],
      [
        '1 size: too small for CPU 8. ask for CPU 4 or less, or start a larger node',
        forecast(withTask({ Resources: { CPU: '8', Memory: '1' } }), one),
      ],
      [
        '1 size: offers no GPUs. ask for no GPU, or start a node with GPUs',
        forecast(withTask({ Resources: { GPU: '1' } }), one),
      ],
      ['1 approval: not approved. approve it: bacalhau node approve n-0', forecast(job(), one, standing('PENDING'))],
      ['1 rejected: rejected. approve it: bacalhau node approve n-0', forecast(job(), one, standing('REJECTED'))],
      [
        '1 connection: disconnected. start it again, or see why it cannot connect',
        forecast(job(), one, ({ nodes: [node] }) => node && (node.isConnected = false)),
      ],
    ]
    for (const [line, told] of cases) {
      expect(lines(told)).toEqual([line])
      expect(told.Placements).toEqual([])
      expect(told.Summary).toBe(`no node takes it: ${told.Exclusions[0]?.Reason} (1 of 1 nodes)`)
    }
  })

  it('is told what kept it from every node after it has failed for that, too [F3]', () => {
    const world = new World(job(), [{ units: 0 }])
    expect(world.step().jobState?.StateType).toBe('Failed')
    expect(reasonsOf(world.snapshot()).Summary).toMatch(/^no node takes it: too small .* \(1 of 1 nodes\)$/)
  })

  it('counts the nodes of a reason together, most nodes first, in any order of nodes [F3, W40]', () => {
    const nodes = ['eu', 'us', 'us'].map((zone) => ({ units: 1, labels: { zone } }))
    const wanted = job({ Constraints: [{ Key: 'zone', Operator: '=', Values: ['mars'] }] })
    const told = forecast(wanted, [...nodes, { units: 0, labels: { zone: 'mars' } }])
    const turned = forecast(wanted, [...nodes, { units: 0, labels: { zone: 'mars' } }], (world) =>
      world.nodes.reverse(),
    )
    expect(turned).toEqual(told)
    expect(told.Exclusions.map(({ Rule, Count, NodeIDs }) => [Rule, Count, NodeIDs])).toEqual([
      ['labels', 3, ['n-0', 'n-1', 'n-2']],
      ['size', 1, ['n-3']],
    ])
  })

  it('says where executions would start, from the rules that start them, and what waits for room [F3]', () => {
    const world = new World(job({ Count: 5 }), [{ units: 2 }, { units: 2 }])
    const { forecast: told } = forecastOf(world.snapshot())
    expect(told.Placements).toEqual([
      { NodeID: 'n-0', Executions: 2 },
      { NodeID: 'n-1', Executions: 2 },
    ])
    expect(told.Summary).toBe('starts 4 executions on 2 nodes; 1 of 5 waits: full for now (2 of 2 nodes)')
    expect(lines(told)).toEqual(['2 room: full for now. wait: 2 nodes are full; or start another node'])
    world.step()
    const { forecast: later } = forecastOf(world.snapshot())
    expect(later.Placements).toEqual([])
    expect(later.Summary).toBe('1 of 5 waits: full for now (2 of 2 nodes)')
    expect(lines(later)).toEqual(['2 room: full for now. wait: 2 nodes are full; or start another node'])
    expect(forecast(job(), []).Summary).toBe('there is no compute node; start one: bacalhau serve --compute')
  })
})

describe('the forecast of a job that runs already', () => {
  const runs = (theJob: Job, nodes: Units[]): World => {
    const world = new World(theJob, nodes)
    world.step()
    world.run(1n)
    world.step()
    return world
  }
  const updated = (world: World, change: Partial<Job>) => {
    world.job = { ...world.job, ...change, Version: 2, State: { StateType: 'Pending' } }
    return forecastOf(world.snapshot()).forecast
  }

  it('says that nothing starts, not that its own nodes are full [F3]', () => {
    const { forecast: told } = forecastOf(runs(job({ Count: 4 }), one).snapshot())
    expect([told.Summary, told.Placements]).toEqual(['starts nothing', []])
  })

  it('counts the room that an update gives free, and says what waits after that [F3]', () => {
    const told = updated(runs(job({ Count: 4 }), one), { Priority: 1 })
    expect(told.Summary).toBe('stops 4 executions, then starts 4 executions on 1 node')
    expect([told.Placements, told.Exclusions]).toEqual([[{ NodeID: 'n-0', Executions: 4 }], []])
    const more = updated(runs(job({ Count: 2 }), one), { Count: 5 })
    expect(more.Summary).toBe(
      'stops 2 executions, then starts 4 executions on 1 node; 1 of 5 waits: full for now (1 of 1 nodes)',
    )
    const nowhere = updated(runs(job(), one), { Constraints: [{ Key: 'gpu', Operator: 'exists', Values: [] }] })
    expect(nowhere.Summary).toBe('stops 1 execution; no node takes it: labels do not meet gpu exists (1 of 1 nodes)')
  })

  it('says what stays on a node that is drained, and what moves [F3]', () => {
    const world = runs(job({ Count: 2 }), [{ units: 2 }, { units: 0 }])
    const [old] = world.nodes
    if (old) old.state = { ...old.state, Cordon: 'DRAINING' }
    const why = 'cordoned (1 of 2 nodes)'
    expect(forecastOf(world.snapshot()).forecast.Summary).toBe(`2 of 2 cannot leave the node that is drained: ${why}`)
    expect(reasonsOf(world.snapshot()).Summary).toBe(`2 of 2 run; 2 of 2 cannot leave the node that is drained: ${why}`)
    world.nodes[1]!.capacity = amount(1)
    world.nodes[1]!.state.Info.ComputeNodeInfo!.MaxCapacity = amount(1)
    world.nodes[1]!.state.Info.ComputeNodeInfo!.MaxJobRequirements = amount(1)
    expect(forecastOf(world.snapshot()).forecast.Summary).toMatch(
      /^stops 1 execution, then starts 1 execution on 1 node; 1 of 2 cannot leave the node that is drained: /,
    )
  })
})

describe('why', () => {
  it('says how much of a job runs, is done and waits, and for what [F3]', () => {
    const world = new World(job({ Count: 5 }), [{ units: 3 }])
    world.step()
    const why = () => reasonsOf(world.snapshot()).Summary
    expect(why()).toBe('3 of 5 are on their way; 2 of 5 wait: full for now (1 of 1 nodes)')
    world.run(1n)
    world.step()
    expect(why()).toBe('3 of 5 run; 2 of 5 wait: full for now (1 of 1 nodes)')
    world.end(0, 'Completed')
    expect(why()).toBe(
      '2 of 5 run, 1 of 5 has completed; starts 1 execution on 1 node; 1 of 5 waits: full for now (1 of 1 nodes)',
    )
    world.step()
    world.run(1n)
    world.end(0, 'Completed')
    world.step()
    expect(why()).toBe('2 of 5 run, 1 of 5 is on its way, 2 of 5 have completed')
    const daemon = new World(job({ Type: 'daemon' }), [{ units: 1 }, { units: 0 }])
    daemon.step()
    daemon.run(1n)
    expect(reasonsOf(daemon.snapshot()).Summary).toBe('it runs')
  })

  it('says which attempt failed, why, what happens next and when [F3, F2]', () => {
    const patient = job({ Reschedule: { Attempts: 2, Delay: 10, MaxDelay: 10, Deadline: 0, Classes: ['node'] } })
    const world = new World(patient, one)
    world.step()
    world.end(0, 'Failed', 'node')
    const first = reasonsOf(world.snapshot())
    expect(first.Attempts).toMatchObject([{ NodeID: 'n-0', Attempt: 1, FailureClass: 'node', Reason: 'it Failed' }])
    expect(first.Attempts[0]?.Next).toBe('tried again')
    expect(first.NextTime).toBe(first.Attempts[0]?.NextTime)
    expect(first.NextTime).toBeGreaterThanOrEqual(5n * second)
    world.nowNs = first.NextTime
    world.step()
    world.end(0, 'Failed', 'node')
    world.step()
    const last = reasonsOf(world.snapshot())
    expect(last).toMatchObject({ State: 'Failed', Summary: 'it Failed', NextTime: 0n })
    expect(last.Next).toMatch(/^it has ended; to run it again: bacalhau job rerun j-1$/)
    expect(last.Attempts).toMatchObject([
      { Attempt: 2, Next: 'not tried again: tried 2 of 2 times (node)', NextTime: 0n },
    ])
  })

  it('a job that waits names what it waits for first, and until when [F3]', () => {
    const constrained = withTask(
      { Timeouts: { QueueTimeout: 60n } },
      { Constraints: [{ Key: 'gpu', Operator: 'exists', Values: [] }] },
    )
    const world = new World(constrained, one)
    world.step()
    expect(reasonsOf(world.snapshot())).toMatchObject({
      State: 'Queued',
      Summary: 'no node takes it: labels do not meet gpu exists (1 of 1 nodes)',
      Next: 'starts when a node that fits joins or changes, until its QueueTimeout is over',
      NextTime: 60n * second,
    })
  })

  it('a daemon waits without end, whatever its QueueTimeout says [F3]', () => {
    const gpus = { Resources: { GPU: '1' }, Timeouts: { QueueTimeout: 60n } }
    const world = new World(withTask(gpus, { Type: 'daemon' }), one)
    world.step()
    expect(reasonsOf(world.snapshot()).Next).toBe('starts when a node that fits joins or changes')
  })

  it('a job that waits for room says when its QueueTimeout is over, however often it is looked at before [F3]', () => {
    const filling = new World(job({ ID: 'j-2' as JobId }), [{ units: 1 }])
    filling.step()
    const world = new World(withTask({ Timeouts: { QueueTimeout: 600n } }), [{ units: 1 }])
    world.others = filling.executions
    expect(world.step().checkAt).toBeLessThan(600n * second)
    world.nowNs = 2n * second
    expect(reasonsOf(world.snapshot())).toMatchObject({
      Next: expect.stringMatching(/^starts when .*, until its QueueTimeout is over$/),
      NextTime: 600n * second,
    })
  })

  it.each([
    ['batch', 1, 'its node is away'],
    ['service', 2, '1 of 2 runs, 1 of 2 is on a node that is away'],
    ['ops', 1, 'it runs, 1 of its nodes is away'],
  ] as const)('a %s job of %i does not say that it runs on a node that is away [F3]', (Type, Count, Summary) => {
    const nodes = Type === 'batch' ? one : [...one, ...one]
    const world = new World(job({ Type, Count, MaxPerNode: 1, Disconnect: { LostAfter: 60 } }), nodes)
    world.step()
    world.run(1n)
    world.step()
    world.nodes[0]!.isConnected = false
    expect(reasonsOf(world.snapshot())).toMatchObject({ Summary, Next: expect.stringMatching(/^goes on by itself; /) })
  })

  it('an ops job says what becomes of its failure, and a node that declined is told with its words [F3, W45]', () => {
    const ops = new World(job({ Type: 'ops' }), one)
    ops.step()
    ops.end(0, 'Failed', 'user')
    expect(reasonsOf(ops.snapshot()).Attempts[0]?.Next).toBe(
      'not tried again: a failure of class user is not tried again',
    )
    const asked = new World(withTask({ Timeouts: { QueueTimeout: 60n } }), one)
    asked.step()
    asked.end(0, 'AskForBidRejected')
    asked.step()
    const told = reasonsOf(asked.snapshot())
    expect(told.Summary).toBe('no node takes it: declined the job: it AskForBidRejected (1 of 1 nodes)')
    expect(told.Exclusions).toMatchObject([{ Rule: 'declined', Reason: 'declined the job: it AskForBidRejected' }])
  })
})
