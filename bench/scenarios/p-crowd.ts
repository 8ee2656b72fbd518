import { randomUUID } from 'node:crypto'
import type { BareNode, Order } from '../bare-node.ts'
import { atMost, figuresOf, quantile } from '../figures.ts'
import { Fleet } from '../fleet.ts'
import { submit, waitingJob } from '../jobs.ts'
import { series, spread, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** P2 with a crowd: thousands of jobs wait when one slot is freed, and when all are. */
export const crowd: Scenario = {
  id: 'P2',
  about: 'slots that are freed while thousands of jobs wait',
  async measure({ runs, scale }: Bench) {
    const jobs = Math.max(singles + slots, Math.ceil(5_000 * scale))
    const seen = { p50: [] as number[], p99: [] as number[], all: [] as number[] }
    await series(runs, async () => {
      const { gaps, allMs } = await freed(jobs)
      seen.p50.push(quantile(gaps, 0.5))
      seen.p99.push(quantile(gaps, 0.99))
      seen.all.push(allMs)
      return 0
    })
    const figure = figuresOf('P2', `${jobs} jobs wait`)
    return [
      figure('a freed slot gets the next order, p50', 'ms', seen.p50),
      figure('a freed slot gets the next order, p99', 'ms', seen.p99, atMost(100, 'ms')),
      figure(`${slots} slots freed at once, until all have an order`, 'ms', seen.all),
    ]
  },
}

const nodes = 50
const slotsOfNode = 10
const slots = nodes * slotsOfNode
/** So many executions of `waitingJob` fit, which ask for the default. */
const capacity = { CPU: slotsOfNode / 2, Memory: 1e12, Disk: 1e12, GPU: 0 }
const singles = 100

async function freed(jobs: number): Promise<{ gaps: number[]; allMs: number }> {
  const product = await Product.start('orchestrator')
  const fleet = await Fleet.join(product, nodes, capacity)
  const running: { node: BareNode; order: Order }[] = []
  let onTaken = (): void => {}
  fleet.onOrder((node, order) => {
    node.start(order)
    running.push({ node, order })
    onTaken()
  })
  /** Ends the oldest so many; returns after how many ms as many have begun. */
  const free = async (count: number): Promise<number> => {
    const isFull = Promise.withResolvers<void>()
    const started = performance.now()
    let taken = 0
    onTaken = () => ++taken === count && isFull.resolve()
    for (const { node, order } of running.splice(0, count)) node.end(order)
    await isFull.promise
    return performance.now() - started
  }
  try {
    const areFull = Promise.withResolvers<void>()
    onTaken = () => running.length === slots && areFull.resolve()
    await withConnections(
      () => product.connection(),
      32,
      (all) => spread(all, jobs + slots, (connection) => submit(connection, waitingJob(randomUUID()))),
    )
    await areFull.promise
    const gaps = await series(singles, () => free(1))
    return { gaps, allMs: await free(slots) }
  } finally {
    await fleet.close()
    await product.remove()
  }
}
