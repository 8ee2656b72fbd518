import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended, type ShownJob } from '../crash/processes.ts'

let product: Product
let server: Server

const capacity = {
  'Compute.AllocatedCapacity.CPU': '4',
  'Compute.AllocatedCapacity.Memory': '4Gb',
  'Compute.AllocatedCapacity.Disk': '20Gb',
}

/** Two nodes: the hybrid one in eu-west-1 with something like a GPU label, a worker of 1 CPU in us-east-1. */
beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({
    settings: { ...capacity, Name: 'here' },
    args: ['--labels', 'region=eu-west-1,GPU-0=Tesla-T4,speed=10'],
  })
  await product.serve({
    name: 'worker',
    roles: ['compute'],
    settings: {
      ...capacity,
      'Compute.AllocatedCapacity.CPU': '1',
      Name: 'there',
      'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`,
    },
    args: ['--labels', 'region=us-east-1,speed=2'],
  })
  await until(
    'both nodes are there',
    async () =>
      (await server.http<{ Nodes: { Connection: string }[] }>('GET', '/orchestrator/nodes')).body.Nodes.filter(
        ({ Connection }) => Connection === 'CONNECTED',
      ).length === 2,
  )
})
afterAll(() => product?.stop())

type Constraint = { Key: string; Operator: string; Values?: string[] }
const run = async (change: Parameters<typeof toolJob>[1], words = ['print', '', '', '0']) =>
  ended(server.port, await server.submit(toolJob(words, change)))
const nodesOf = ({ Executions }: ShownJob): string[] => Executions.Items.map(({ NodeID }) => NodeID).toSorted()
const constrained = (...Constraints: Constraint[]) => run({ job: { Type: 'ops', Count: 0, Constraints } })
const asking = (Resources: object) => run({ task: { Resources } })

describe('constraints', () => {
  it('have nine operators on the labels of nodes [R117, R118, R119, R121]', async () => {
    const table: [Constraint, string[]][] = [
      [{ Key: 'region', Operator: '=', Values: ['eu-west-1'] }, ['here']],
      [{ Key: 'region', Operator: '==', Values: ['us-east-1'] }, ['there']],
      [{ Key: 'region', Operator: '!=', Values: ['us-east-1'] }, ['here']],
      [{ Key: 'region', Operator: 'in', Values: ['eu-west-1', 'us-east-1'] }, ['here', 'there']],
      [{ Key: 'region', Operator: 'notin', Values: ['eu-west-1'] }, ['there']],
      [{ Key: 'GPU-0', Operator: 'exists' }, ['here']],
      [{ Key: 'GPU-0', Operator: '!' }, ['there']],
      [{ Key: 'speed', Operator: 'gt', Values: ['5'] }, ['here']],
      [{ Key: 'speed', Operator: 'lt', Values: ['5'] }, ['there']],
    ]
    const found = await Promise.all(table.map(async ([constraint]) => nodesOf(await constrained(constraint))))
    expect(found).toEqual(table.map(([, nodes]) => nodes))
  })

  it('must all hold, as the documented ones do [R112, R120]', async () => {
    const documented: Constraint[] = [
      { Key: 'GPU-0', Operator: 'exists' },
      { Key: 'Operating-System', Operator: '=', Values: ['linux'] },
      { Key: 'region', Operator: 'in', Values: ['eu-west-1', 'eu-west-2'] },
    ]
    expect(nodesOf(await constrained(...documented))).toEqual(['here'])
    const { Job, Executions } = await constrained(...documented.slice(0, 2), {
      Key: 'region',
      Operator: '=',
      Values: ['us-east-1'],
    })
    expect([Job.State.StateType, Executions.Items]).toEqual(['Failed', []])
  })

  it('that no node meets leave the job unplaced, with the reason [R122]', async () => {
    const { Job, Executions } = await run({
      job: { Constraints: [{ Key: 'region', Operator: '=', Values: ['mars'] }] },
    })
    expect(Executions.Items).toEqual([])
    expect(Job.State).toMatchObject({
      StateType: 'Failed',
      Message: expect.stringMatching(/not enough nodes[\s\S]*region = mars/),
    })
  })

  it('that are wrong are refused at once [R118, R119]', async () => {
    for (const constraint of [
      { Key: 'a', Operator: 'like', Values: ['b'] },
      { Key: 'a', Operator: '=', Values: [] },
      { Key: 'a', Operator: 'gt', Values: ['many'] },
      { Key: 'a', Operator: 'exists', Values: ['b'] },
    ]) {
      const { status, body } = await server.http<{ message: string }>('PUT', '/orchestrator/jobs', {
        Job: toolJob([], { job: { Constraints: [constraint] } }),
      })
      expect([status, body.message], JSON.stringify(constraint)).toEqual([400, expect.stringMatching(/\w/)])
    }
  })
})

describe('resources', () => {
  it('in all their forms are read, promised to the task, and kept to [R142, R143, R144, R145, R146]', async () => {
    const forms: [object, object][] = [
      [{ CPU: '2' }, { CPU: 2 }],
      [{ CPU: '0.5' }, { CPU: 0.5 }],
      [{ CPU: '250m' }, { CPU: 0.25 }],
      [{ Memory: '1Gb' }, { Memory: 1_000_000_000 }],
      [{ Memory: '512Mb' }, { Memory: 512_000_000 }],
      [{ Memory: '70000Kb' }, { Memory: 70_000_000 }],
      [{ Disk: '10Gb' }, { Disk: 10_000_000_000 }],
      [{ Disk: '100Mb' }, { Disk: 100_000_000 }],
    ]
    for (const [asked, promised] of forms) {
      const { Executions } = await asking(asked)
      expect(Executions.Items, JSON.stringify(asked)).toMatchObject([
        { AllocatedResources: { Tasks: { main: promised } }, ComputeState: { StateType: 7 } },
      ])
    }
  })

  it('that only one node has choose it, and what none has is said [R145, R146, R122]', async () => {
    for (let n = 0; n < 3; n++) expect(nodesOf(await asking({ CPU: '3' }))).toEqual(['here'])
    for (const [asked, why] of [
      [{ CPU: '5' }, /CPU/i],
      [{ Memory: '1Tb' }, /memory/i],
      [{ Disk: '1Tb' }, /disk/i],
      [{ GPU: '2' }, /GPU/i],
    ] as const) {
      const { Job, Executions } = await asking(asked)
      expect(Executions.Items.filter(({ ComputeState }) => ComputeState.StateType === 7)).toEqual([])
      expect([Job.State.StateType, Job.State.Message]).toEqual(['Failed', expect.stringMatching(why)])
    }
    expect(
      (await server.http('PUT', '/orchestrator/jobs', { Job: toolJob([], { task: { Resources: { CPU: 'much' } } }) }))
        .status,
    ).toBe(400)
  })
})

describe('a time limit', () => {
  it('ends a program in seconds; 0 is none [R147, R210]', async () => {
    const limited = await run({ task: { Timeouts: { ExecutionTimeout: 1 } } }, ['sleep', '60000'])
    expect(limited.Job.State).toMatchObject({ StateType: 'Failed', Message: expect.stringMatching(/timed? ?out|1s/i) })
    expect((await run({ task: { Timeouts: { ExecutionTimeout: 0 } } }, ['sleep', '1500'])).Job.State.StateType).toBe(
      'Completed',
    )
  })

  it('does not count the time in the queue of a node [W26]', async () => {
    const all = { Resources: { CPU: '3' }, Timeouts: { ExecutionTimeout: 3, QueueTimeout: 60 } }
    const ids = await Promise.all([0, 1, 2].map(() => server.submit(toolJob(['sleep', '1500'], { task: all }))))
    for (const id of ids) expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
  })
})

describe('Count and kinds of jobs', () => {
  it('several executions of a batch share a node while there is room [R97, R98, R109, F1, W16]', async () => {
    const shown = await run({ job: { Count: 6 }, task: { Resources: { CPU: '500m' } } })
    expect(shown.Executions.Items).toHaveLength(6)
    expect(shown.Executions.Items.every(({ ComputeState }) => ComputeState.StateType === 7)).toBe(true)
    expect(new Set(nodesOf(shown)).size).toBe(2)
  })

  it('ops runs once on every node, a service keeps its number, a daemon runs everywhere [R97, R99]', async () => {
    expect(nodesOf(await run({ job: { Type: 'ops', Count: 0 } }))).toEqual(['here', 'there'])
    for (const [Type, Count] of [
      ['service', 3],
      ['daemon', 0],
    ] as const) {
      const id = await server.submit(
        toolJob(['sleep', '600000'], { job: { Type, Count }, task: { Resources: { CPU: '100m' } } }),
      )
      const running = async () =>
        (await server.http<ShownJob>('GET', `/orchestrator/jobs/${id}?include=executions`)).body
      await until(
        `${Type} runs`,
        async () =>
          (await running()).Executions.Items.filter(({ ComputeState }) => ComputeState.StateType === 5).length ===
            (Count || 2) && (await running()).Job.State.StateType === 'Running',
      )
      if (Type === 'daemon') expect(nodesOf(await running())).toEqual(['here', 'there'])
      await server.ok(['job', 'stop', id])
      await ended(server.port, id)
    }
  })

  it('the more urgent of what waits goes first [R108, W25]', async () => {
    const whole = (priority: number, ms: string) =>
      toolJob(['sleep', ms], {
        job: { Priority: priority },
        task: { Resources: { CPU: '3' }, Timeouts: { QueueTimeout: 600 } },
      })
    const first = await server.submit(whole(0, '600000'))
    const [low, high] = [await server.submit(whole(1, '1')), await server.submit(whole(9, '1'))]
    await server.ok(['job', 'stop', first])
    await Promise.all([low, high].map((id) => ended(server.port, id)))
    const endOf = async (id: string) =>
      (await server.json<{ Job: { ModifyTime: number } }>(['job', 'describe', id])).Job.ModifyTime
    expect(await endOf(high)).toBeLessThan(await endOf(low))
  })
})

describe('work that fails', () => {
  it('is tried again as often as Reschedule says, with a pause, and no longer [R104, F2, W27]', async () => {
    const failing = {
      job: { Reschedule: { Attempts: 3, Delay: 1, MaxDelay: 1, Classes: ['transient', 'node'] } },
      task: {
        InputSources: [{ Source: { Type: 'urlDownload', Params: { URL: 'http://127.0.0.1:1/none' } }, Target: '/in' }],
      },
    }
    const shown = await run(failing)
    expect(shown.Job.State.StateType).toBe('Failed')
    expect(shown.Executions.Items).toHaveLength(3)
  })
})
