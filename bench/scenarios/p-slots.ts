import { randomUUID } from 'node:crypto'
import { atMost, type Figure, quantile } from '../figures.ts'
import { echoJob, end, executionsOf, type SeenExecution, submit } from '../jobs.ts'
import { spread, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** P1: more executions than nodes, all at once. P2: how long a freed slot stays empty while jobs wait for it. */
export const slots: Scenario = {
  id: 'P',
  about: 'slots of nodes',
  async measure(bench) {
    return [...(await countAboveNodes(bench)), ...(await freedSlot(bench))]
  },
}

/** Exactly so many echo jobs fit at a time. */
const withSlots = (count: number): string[] => ['-c', `Compute.AllocatedCapacity.CPU=${count * 10}m`]

async function countAboveNodes({ runs }: Bench): Promise<Figure[]> {
  const most: number[] = []
  for (let i = 0; i < runs; i++) {
    const first = await Product.start('hybrid', { flags: withSlots(8) })
    const second = await Product.start('compute', {
      flags: [...withSlots(8), '-c', `Compute.Orchestrators=nats://127.0.0.1:${first.bus}`],
    })
    const connection = first.connection()
    try {
      const id = await submit(connection, echoJob(randomUUID(), { Count: 20 }))
      const { State } = await end(connection, id)
      if (State.StateType !== 'Completed') throw new Error(`Count 20 ${State.StateType}: ${State.Message}`)
      const executions = await executionsOf(connection, id)
      if (executions.length !== 20) throw new Error(`${executions.length} executions instead of 20`)
      most.push(mostAtOnce(executions))
    } finally {
      connection.close()
      await second.remove()
      await first.remove()
    }
  }
  const what = 'P1: Count 20 on two nodes of 8 slots completes; most at once on one node'
  return [{ id: 'P', what, unit: '', runs: most, ...atMost(8, '') }]
}

async function freedSlot({ runs, scale }: Bench): Promise<Figure[]> {
  const [p50s, p99s]: [number[], number[]] = [[], []]
  for (let i = 0; i < runs; i++) {
    const product = await Product.start('hybrid', { flags: withSlots(1) })
    try {
      const gaps = await withConnections(
        () => product.connection(),
        8,
        async (all) => {
          const ids: string[] = []
          await spread(all, Math.ceil(500 * scale), async (connection) => {
            ids.push(await submit(connection, echoJob(randomUUID())))
          })
          const executions: SeenExecution[] = []
          await spread(all, ids.length, async (connection, n) => {
            await end(connection, ids[n]!)
            executions.push(...(await executionsOf(connection, ids[n]!)))
          })
          return gapsBetween(executions)
        },
      )
      p50s.push(quantile(gaps, 0.5))
      p99s.push(quantile(gaps, 0.99))
    } finally {
      await product.remove()
    }
  }
  const what = 'P2: a slot is free until the next waiting job starts in it'
  return [
    { id: 'P', what: `${what}, p50`, unit: 'ms', runs: p50s },
    { id: 'P', what: `${what}, p99`, unit: 'ms', runs: p99s, ...atMost(100, 'ms') },
  ]
}

/** Most executions that ran at the same time on one node, by the start and the end that the server tells. */
function mostAtOnce(executions: readonly SeenExecution[]): number {
  const atOnce = [...Map.groupBy(executions, ({ NodeID }) => NodeID).values()].map((own) =>
    Math.max(
      ...own.map(({ StartTime }) => own.filter((e) => e.StartTime <= StartTime && StartTime < e.ModifyTime).length),
    ),
  )
  return Math.max(...atOnce)
}

/** From the end of each execution to the start of the one after it, in ms. */
function gapsBetween(executions: readonly SeenExecution[]): number[] {
  const inOrder = [...executions].sort((a, b) => a.StartTime - b.StartTime)
  return inOrder.slice(1).map((next, i) => Math.max(0, next.StartTime - inOrder[i]!.ModifyTime) / 1e6)
}
