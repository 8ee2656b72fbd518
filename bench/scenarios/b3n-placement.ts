import { randomUUID } from 'node:crypto'
import { atLeast, atMost, type Figure, figuresOf } from '../figures.ts'
import { type Fleet, withFleet } from '../fleet.ts'
import { end, submit, waitingJob } from '../jobs.ts'
import { series, spread, withConnections } from '../load.ts'
import { memory } from '../process-figures.ts'
import type { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** Placement on thousands of nodes without engines. One counts when its node has the order, which is sent when it is on disk. */
export const b3n: Scenario = {
  id: 'B3n',
  about: 'placements on many nodes',
  async measure(bench) {
    return [...(await placements(bench, 1_000)), ...(await placements(bench, 10_000))]
  },
}

/** Room for all that is placed on the few nodes that meet the constraints. */
const roomy = { CPU: 4_096, Memory: 1e13, Disk: 1e13, GPU: 0 }
/** A hundredth of the nodes meets all three. */
const Constraints = [
  { Key: 'zone', Operator: '=', Values: ['z1'] },
  { Key: 'rack', Operator: 'in', Values: ['r1', 'r6', 'r11', 'r16', 'r21'] },
  { Key: 'disk', Operator: 'exists', Values: [] },
]

async function placements({ runs, scale }: Bench, most: number): Promise<Figure[]> {
  const nodes = Math.ceil(most * scale)
  const seen = { single: [] as number[], large: [] as number[], one: [] as number[], ops: [] as number[] }
  const grown: number[] = []
  await series(runs, async () => {
    await withFleet(nodes, roomy, async (product, fleet) => {
      const rate = async (jobs: number, Count: number): Promise<number> => {
        const work = { jobs, job: { Constraints, Count }, executions: jobs * Count }
        return (work.executions / (await placed(product, fleet, work, 'at last')).placedMs) * 1_000
      }
      await rate(200, 1)
      seen.single.push(await rate(Math.ceil(5_000 * scale), 1))
      seen.large.push(await rate(Math.ceil(100 * scale), 100))
      const before = memory(product.pid).anonymousMb
      const counted = { jobs: 1, job: { Count: nodes }, executions: nodes }
      seen.one.push((await placed(product, fleet, counted, 'at once')).endedMs / 1_000)
      const ops = { jobs: 1, job: { Type: 'ops', Count: 0 }, executions: nodes }
      seen.ops.push((await placed(product, fleet, ops, 'at once')).endedMs / 1_000)
      grown.push(memory(product.pid).anonymousMb - before)
    })
    return 0
  })
  const figure = figuresOf('B3n', `${nodes} nodes`)
  return [
    figure('placements of jobs of one, three label constraints', '/s', seen.single),
    figure('placements of jobs of 100, three label constraints', '/s', seen.large, atLeast(5_000, '/s')),
    figure(`one job of ${nodes} executions, to its end`, 's', seen.one, atMost(3, 's')),
    figure('an ops job on all of them, to its end', 's', seen.ops),
    figure('memory these two took on top', 'MiB', grown),
  ]
}

type Work = { jobs: number; job: object; executions: number }

/**
 * Submits the jobs; returns after how many ms the last order was at its node, and after how many the last job had ended.
 * Nodes report at once, or only when all is placed.
 */
async function placed(product: Product, fleet: Fleet, { jobs, job, executions }: Work, reports: 'at once' | 'at last') {
  return withConnections(
    () => product.connection(),
    Math.min(jobs, 32),
    async (all) => {
      const arePlaced = Promise.withResolvers<number>()
      const orders = new Map<string, () => void>()
      fleet.onOrder((node, order) => {
        const run = (): void => {
          node.start(order)
          node.end(order)
        }
        orders.set(order.Execution.ID, run)
        if (reports === 'at once') run()
        if (orders.size === executions) arePlaced.resolve(performance.now())
      })
      const ids: string[] = []
      const started = performance.now()
      await spread(all, jobs, async (connection) => {
        ids.push(await submit(connection, { ...waitingJob(randomUUID()), ...job }))
      })
      const placedMs = (await arePlaced.promise) - started
      if (reports === 'at last') for (const run of orders.values()) run()
      await spread(all, jobs, async (connection, i) => {
        const { State } = await end(connection, ids[i] as string)
        if (State.StateType !== 'Completed') throw new Error(`job ${ids[i]} ${State.StateType}: ${State.Message}`)
      })
      if (orders.size !== executions) throw new Error(`${orders.size} orders instead of ${executions}`)
      return { placedMs, endedMs: performance.now() - started }
    },
  )
}
