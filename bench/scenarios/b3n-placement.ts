import { randomUUID } from 'node:crypto'
import { atLeast, atMost, type Figure, figuresOf } from '../figures.ts'
import { type Fleet, roomy, withFleet } from '../fleet.ts'
import { end, submit, waitingJob } from '../jobs.ts'
import { series, spread, withConnections } from '../load.ts'
import { shareOfLoneNodes, withNearFleet } from '../near.ts'
import { cpuMs, memory } from '../process-figures.ts'
import type { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** Placement on thousands of nodes without engines. One counts when its node has the order, which is sent when it is on disk. */
export const b3n: Scenario = {
  id: 'B3n',
  about: 'placements on many nodes',
  async measure(bench) {
    return [...(await placements(bench, 1_000)), ...(await mostlyNear(bench)), ...(await placements(bench, 10_000))]
  },
}

/** What a heartbeat costs is another figure (B6): here nodes send none, and are not missed. */
const unmissed = ['-c', 'Orchestrator.NodeManager.DisconnectTimeout=1h']
/** A hundredth of the nodes meets all three. */
const Constraints = [
  { Key: 'zone', Operator: '=', Values: ['z1'] },
  { Key: 'rack', Operator: 'in', Values: ['r1', 'r6', 'r11', 'r16', 'r21'] },
  { Key: 'disk', Operator: 'exists', Values: [] },
]

async function placements({ runs, scale }: Bench, most: number): Promise<Figure[]> {
  const nodes = Math.ceil(most * scale)
  const many = Math.ceil(10_000 * scale)
  const seen = { single: [] as number[], large: [] as number[], one: [] as number[], ops: [] as number[] }
  const cpu = { single: [] as number[], large: [] as number[], one: [] as number[], ops: [] as number[] }
  const grown: number[] = []
  await series(runs, async () => {
    const use = async (product: Product, fleet: Fleet): Promise<void> => {
      const rate = async (jobs: number, Count: number, cpuOf: number[] = []): Promise<number> => {
        const work = { jobs, job: { Constraints, Count }, executions: jobs * Count }
        const { placedMs, placedCpuMs } = await placed(product, fleet, work, 'at last')
        cpuOf.push(placedCpuMs / work.executions)
        return (work.executions / placedMs) * 1_000
      }
      const toEnd = async (job: object, executions: number, cpuOf: number[]): Promise<number> => {
        const { endedMs, endedCpuMs } = await placed(product, fleet, { jobs: 1, job, executions }, 'at once')
        cpuOf.push(endedCpuMs / executions)
        return endedMs / 1_000
      }
      await rate(200, 1)
      seen.single.push(await rate(Math.ceil(5_000 * scale), 1, cpu.single))
      seen.large.push(await rate(Math.ceil(100 * scale), 100, cpu.large))
      const before = memory(product.pid).anonymousMb
      seen.one.push(await toEnd({ Count: many }, many, cpu.one))
      seen.ops.push(await toEnd({ Type: 'ops', Count: 0 }, nodes, cpu.ops))
      grown.push(memory(product.pid).anonymousMb - before)
    }
    await withFleet(nodes, roomy, use, unmissed)
    return 0
  })
  const figure = figuresOf('B3n', `${nodes} nodes`)
  return [
    figure('placements of jobs of one, three label constraints', '/s', seen.single),
    figure('processor time of one of these', 'ms', cpu.single),
    figure('placements of jobs of 100, three label constraints', '/s', seen.large, atLeast(5_000, '/s')),
    figure('processor time of one of these', 'ms', cpu.large),
    figure(`one job of ${many} executions, to its end`, 's', seen.one, atMost(3, 's')),
    figure('processor time of each', 'ms', cpu.one),
    figure('an ops job on all of them, to its end', 's', seen.ops),
    figure('processor time of each', 'ms', cpu.ops),
    figure('memory these two took on top', 'MiB', grown),
  ]
}

/**
 * Ten thousand, a thousand of them over TCP, the others in the orchestrator's process: one job with an execution on each, after
 * two others, so that as much has run before as in the other series. What the near nodes do by themselves is taken off.
 */
async function mostlyNear({ runs, scale }: Bench): Promise<Figure[]> {
  const [near, far] = [Math.ceil(9_000 * scale), Math.ceil(1_000 * scale)]
  const seen = { one: [] as number[], alone: [] as number[] }
  const jobs = 3
  await series(runs, async () => {
    let seconds = 0
    await withNearFleet('jobs', near, far, async ({ far: fleet, tell, said }) => {
      fleet.onOrder((node, order) => node.run(order))
      for (let job = 0; job < jobs; job++) {
        tell(near + far)
        seconds = await said()
      }
    })
    const alone = await shareOfLoneNodes('jobs', near, jobs)
    seen.one.push(seconds - alone)
    seen.alone.push(alone)
    return 0
  })
  const figure = figuresOf('B3n', `${near + far} nodes, ${far} over TCP`)
  return [
    figure(`one job of ${near + far} executions, to its end`, 's', seen.one, atMost(3, 's')),
    figure('taken off: what the nodes beside it take by themselves', 's', seen.alone),
  ]
}

type Work = { jobs: number; job: object; executions: number }

/**
 * Submits the jobs; returns after how many ms the last order was at its node, and after how many the last job had ended,
 * and the processor time of the server until then. Nodes report at once, or only when all is placed.
 */
async function placed(product: Product, fleet: Fleet, { jobs, job, executions }: Work, reports: 'at once' | 'at last') {
  return withConnections(
    () => product.connection(),
    Math.min(jobs, 32),
    async (all) => {
      const arePlaced = Promise.withResolvers<{ placedMs: number; placedCpuMs: number }>()
      const startedCpu = cpuMs(product.pid)
      const cpu = (): number => cpuMs(product.pid) - startedCpu
      const orders = new Map<string, () => void>()
      fleet.onOrder((node, order) => {
        const run = (): void => node.run(order)
        orders.set(order.Execution.ID, run)
        if (reports === 'at once') run()
        if (orders.size === executions) arePlaced.resolve({ placedMs: performance.now() - started, placedCpuMs: cpu() })
      })
      const ids: string[] = []
      const started = performance.now()
      await spread(all, jobs, async (connection) => {
        ids.push(await submit(connection, { ...waitingJob(randomUUID()), ...job }))
      })
      const whenPlaced = await arePlaced.promise
      if (reports === 'at last') for (const run of orders.values()) run()
      await spread(all, jobs, async (connection, i) => {
        const { State } = await end(connection, ids[i] as string)
        if (State.StateType !== 'Completed') throw new Error(`job ${ids[i]} ${State.StateType}: ${State.Message}`)
      })
      if (orders.size !== executions) throw new Error(`${orders.size} orders instead of ${executions}`)
      return { ...whenPlaced, endedMs: performance.now() - started, endedCpuMs: cpu() }
    },
  )
}
