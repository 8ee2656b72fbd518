import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import { allocatedOf } from '#models/execution.ts'
import { type ComputeStateName, isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { FailureClass, Job } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import { addResources, fitsInto, noResources, type Resources, subtractResources } from '#models/resources.ts'
import type { Task } from '#models/task.ts'
import { jobSpec } from '../../../test/kit/job-spec.ts'
import type { Plan } from '../plan.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { jobTypeRules } from './index.ts'

const second = 1_000_000_000n
const unit: Resources = { CPU: 1, Memory: 1, Disk: 0, GPU: 0 }
const amount = (units: number): Resources => ({ CPU: units, Memory: units, Disk: 0, GPU: 0 })

const job = (change: Partial<Job> = {}): Job => ({
  ...jobSpec({ Name: 'j' }),
  ID: 'j-1' as JobId,
  State: { StateType: 'Pending' },
  Version: 1,
  Revision: 1,
  CreateTime: 0n,
  ModifyTime: 0n,
  VersionTime: 0n,
  ...change,
})
const task = job().Tasks[0] as Task

const nodeState = (name: string, capacity: Resources, labels: Record<string, string>): NodeState => ({
  Info: {
    NodeID: name as NodeId,
    NodeType: 'Compute',
    Labels: labels,
    SupportedProtocols: [],
    ComputeNodeInfo: {
      ExecutionEngines: ['noop'],
      Publishers: [],
      StorageSources: ['localdirectory'],
      MaxCapacity: capacity,
      QueueCapacity: noResources(),
      AvailableCapacity: capacity,
      MaxJobRequirements: capacity,
      RunningExecutions: 0,
      EnqueuedExecutions: 0,
    },
    BacalhauVersion: { GitVersion: '', GitCommit: '', BuildDate: '', GOOS: '', GOARCH: '' },
  },
  Membership: 'APPROVED',
  ConnectionState: {
    Status: 'CONNECTED',
    LastHeartbeat: 0n,
    LastComputeSeqNum: 0,
    LastOrchestratorSeqNum: 0,
    ConnectedSince: 0n,
    DisconnectedSince: 0n,
    LastError: '',
  },
})

/** A tiny world: nodes with room, one job and its executions; plans are applied to it. */
class World {
  job: Job
  executions: Execution[] = []
  nowNs = 0n
  #ids = 0
  readonly nodes: { state: NodeState; capacity: Resources; isConnected: boolean }[]

  constructor(theJob: Job, nodes: { units: number; labels?: Record<string, string> }[]) {
    this.job = theJob
    this.nodes = nodes.map(({ units, labels = {} }, i) => ({
      state: nodeState(`n-${i}`, amount(units), labels),
      capacity: amount(units),
      isConnected: true,
    }))
  }

  used(nodeId: NodeId): Resources {
    return this.executions
      .filter((e) => e.NodeID === nodeId && !isTerminalExecution(e.ComputeState.StateType))
      .reduce((sum, e) => addResources(sum, allocatedOf(e) ?? noResources()), noResources())
  }

  plan(): Plan {
    const nodes: NodeView[] = this.nodes.map(({ state, capacity, isConnected }) => ({
      id: state.Info.NodeID,
      state,
      isConnected,
      disconnectedSince: 0n,
      promised: this.used(state.Info.NodeID),
      free: subtractResources(capacity, this.used(state.Info.NodeID)),
    }))
    const snapshot: Snapshot = {
      job: this.job,
      executions: this.executions,
      nodes,
      nowNs: this.nowNs,
      defaultResources: unit,
      isSettling: false,
      evaluationId: 'v',
      newExecutionId: () => `e-${String(++this.#ids).padStart(8, '0')}` as ExecutionId,
      chance: () => 0.5,
    }
    return jobTypeRules[this.job.Type](snapshot)
  }

  apply(plan: Plan): void {
    this.executions.push(...plan.starts)
    for (const { before, after } of plan.changes) {
      this.executions = this.executions.map((e) => (e.ID === before.ID ? { ...after, ModifyTime: this.nowNs } : e))
    }
    if (plan.jobState)
      this.job = { ...this.job, State: { StateType: plan.jobState.StateType, Message: plan.jobState.Message ?? '' } }
  }

  step(): Plan {
    const plan = this.plan()
    this.apply(plan)
    return plan
  }

  /** All that was started runs since then. */
  run(since: bigint): void {
    const running = { ComputeState: { StateType: 'Running' as const }, StartTime: since, ModifyTime: since }
    this.executions = this.executions.map((execution) => ({ ...execution, ...running }))
  }

  end(index: number, state: ComputeStateName, failure: FailureClass | '' = ''): void {
    const live = this.executions.filter((e) => !isTerminalExecution(e.ComputeState.StateType))
    const chosen = live[index % Math.max(1, live.length)]
    if (!chosen) return
    this.executions = this.executions.map((e) =>
      e === chosen
        ? {
            ...e,
            ComputeState: { StateType: state, Message: `it ${state}` },
            FailureClass: failure,
            ModifyTime: this.nowNs,
            StartTime: 1n,
          }
        : e,
    )
  }
}

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

  it('are not placed again when they were cancelled after their start and must not start twice [I4]', () => {
    const world = new World(job({ Delivery: 'AtMostOnce' }), [{ units: 1 }])
    world.step()
    world.executions = world.executions.map((execution) => ({ ...execution, StartTime: 1n }))
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
    world.nowNs = 16n * second
    expect(world.step()).toMatchObject({ changes: [], checkAt: 17n * second })
    world.nowNs = 17n * second
    expect(world.step().jobState?.Message).toBe('Job timed out. Job took longer than 5s')
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

describe('ops jobs', () => {
  it('run once on every matching node and complete when all have [R99]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }, { units: 1 }])
    expect(world.step().starts.length).toBe(3)
    for (let n = 0; n < 3; n++) world.end(0, 'Completed')
    expect(world.step().jobState?.StateType).toBe('Completed')
  })

  it('fail with the cause when one of them fails [W14, W40, W45]', () => {
    const world = new World(job({ Type: 'ops' }), [{ units: 1 }, { units: 1 }])
    world.step()
    world.end(0, 'Completed')
    world.end(0, 'AskForBidRejected')
    expect(world.step().jobState).toMatchObject({
      StateType: 'Failed',
      Message: 'it AskForBidRejected\nJob failed because one or more executions failed (1 of 2)',
    })
  })

  it('run again where a node lost them, but not what failed, and not what may start once only', () => {
    for (const [Delivery, starts, end] of [
      ['AtLeastOnce', 1, 'Completed'],
      ['AtMostOnce', 0, 'Failed'],
    ] as const) {
      const world = new World(job({ Type: 'ops', Delivery }), [{ units: 1 }, { units: 1 }])
      world.step()
      world.executions = world.executions.map((execution) => ({ ...execution, StartTime: 1n }))
      world.end(0, 'Completed')
      world.end(0, 'Failed', 'lost')
      const plan = world.step()
      expect(plan.starts.map(({ NodeID }) => NodeID)).toEqual(['n-1'].slice(0, starts))
      if (starts > 0) world.end(0, 'Completed')
      expect((starts > 0 ? world.step() : plan).jobState?.StateType).toBe(end)
    }
    const failing = new World(job({ Type: 'ops' }), [{ units: 1 }])
    failing.step()
    failing.end(0, 'Failed', 'transient')
    expect(failing.step()).toMatchObject({ starts: [], jobState: { StateType: 'Failed' } })
  })
})

describe('daemon jobs', () => {
  it('follow a node that comes later, and never complete [R100]', () => {
    const world = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    world.step()
    world.nodes.push({ state: nodeState('n-9', amount(1), {}), capacity: amount(1), isConnected: true })
    const plan = world.step()
    expect(plan.starts.map((e) => e.NodeID)).toEqual(['n-9'])
    expect(plan.waitsFor).toBe('nodes')
    expect(world.job.State.StateType).toBe('Running')
  })
})

describe('service jobs', () => {
  it('are replaced when their node is gone [R101, W8]', () => {
    const world = new World(job({ Type: 'service', Count: 2 }), [{ units: 2 }, { units: 2 }])
    world.step()
    const [gone] = world.nodes
    if (gone) gone.isConnected = false
    world.nowNs = second
    const plan = world.step()
    expect(plan.changes.map(({ after }) => after.FailureClass)).toEqual(['lost'])
    expect(plan.starts.map((e) => e.NodeID)).toEqual(['n-1'])
  })
})

describe('whatever happens', () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat(7),
      state: fc.constantFrom<ComputeStateName>('Completed', 'Failed', 'Cancelled', 'AskForBidRejected'),
      failure: fc.constantFrom<FailureClass>('transient', 'node', 'user', 'lost'),
    }),
    fc.record({ kind: fc.constant('flip' as const), node: fc.nat(3) }),
    fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant('stop' as const) }),
  )
  const worlds = fc.record({
    type: fc.constantFrom('batch' as const, 'ops' as const, 'daemon' as const, 'service' as const),
    count: fc.integer({ min: 0, max: 6 }),
    units: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 4 }),
    events: fc.array(event, { maxLength: 25 }),
  })

  it('a node is never promised more than it has, a partition has one holder, and a plan leaves nothing to plan [I3, I5, I8]', () => {
    fc.assert(
      fc.property(worlds, ({ type, count, units, events }) => {
        const world = new World(
          job({ Type: type, Count: count }),
          units.map((u) => ({ units: u })),
        )
        for (const each of [{ kind: 'time' as const, seconds: 0 }, ...events]) {
          if (each.kind === 'end') world.end(each.index, each.state, each.state === 'Failed' ? each.failure : '')
          if (each.kind === 'time') world.nowNs += BigInt(each.seconds) * second
          if (each.kind === 'stop' && ['Pending', 'Queued', 'Running'].includes(world.job.State.StateType))
            world.job = { ...world.job, State: { StateType: 'Stopped' } }
          if (each.kind === 'flip') {
            const node = world.nodes[each.node]
            if (node) node.isConnected = !node.isConnected
          }
          const isEnded = ['Completed', 'Failed', 'Stopped'].includes(world.job.State.StateType)
          const plan = world.step()
          if (isEnded) expect(plan.starts).toEqual([])
          for (const { state, capacity } of world.nodes)
            expect(fitsInto(world.used(state.Info.NodeID), capacity)).toBe(true)
          if (type === 'batch' || type === 'service') {
            const held = world.executions.filter(
              (e) => !isTerminalExecution(e.ComputeState.StateType) && e.DesiredState.StateType !== 'Stopped',
            )
            expect(new Set(held.map((e) => e.PartitionIndex)).size).toBe(held.length)
          }
          const again = world.plan()
          expect({ starts: again.starts, changes: again.changes }).toEqual({ starts: [], changes: [] })
        }
      }),
      { numRuns: 300 },
    )
  })
})
