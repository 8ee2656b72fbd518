import { randomUUID } from 'node:crypto'
import { freePort } from '../../test/kit/free-ports.ts'
import type { Connection } from '../connection.ts'
import { atMost, type Figure } from '../figures.ts'
import { echoJob, emptyJob, end, submit } from '../jobs.ts'
import { inspected, keptMb } from '../kept-memory.ts'
import { spread, withConnections } from '../load.ts'
import { memory, tree } from '../process-figures.ts'
import { Product, type Roles } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** At first caches and the heap grow to what they may be: that is not scaled, and is not what grows with the jobs. */
const first = { ran: 3000, stored: 6000 }

/** How the memory of a node grows with jobs that ran and with jobs that are stored. One run, which is long enough to be one. */
export const b7g: Scenario = {
  id: 'B7g',
  about: 'memory after ten thousand executions',
  async measure({ scale }) {
    return [
      ...(await on('hybrid', (node, all) => afterRuns(node, all, Math.ceil(10_000 * scale)))),
      ...(await on('orchestrator', (node, all) => afterStored(node, all, Math.ceil(40_000 * scale)))),
    ]
  },
}

type Node = { pid: number; kept: () => Promise<number> }

async function on(roles: Roles, measure: (node: Node, all: readonly Connection[]) => Promise<Figure[]>) {
  const port = await freePort()
  const product = await Product.start(roles, { env: { NODE_OPTIONS: inspected(port) } })
  try {
    return await withConnections(
      () => product.connection(),
      16,
      (all) => measure({ pid: product.pid, kept: () => keptMb(port) }, all),
    )
  } finally {
    await product.remove()
  }
}

async function afterRuns({ pid, kept }: Node, all: readonly Connection[], jobs: number): Promise<Figure[]> {
  const work = (count: number) =>
    spread(all, count, async (connection) => end(connection, await submit(connection, echoJob(randomUUID()))))
  await work(first.ran)
  const before = { node: await kept(), child: largestChildMb(pid) }
  await work(jobs)
  const after = { node: await kept(), child: largestChildMb(pid) }
  const figure = (whose: 'node' | 'child', what: string): Figure => ({
    id: 'B7g',
    what: `growth of ${what} by 1,000 WASM jobs, of ${jobs.toLocaleString('en')}`,
    unit: 'MiB',
    runs: [(after[whose] - before[whose]) / (jobs / 1000)],
    ...atMost(1, 'MiB'),
  })
  return [
    figure('node', 'what the node keeps'),
    figure('child', 'a warm child'),
    { id: 'B7g', what: 'anonymous then, with garbage', unit: 'MiB', runs: [memory(pid).anonymousMb] },
  ]
}

async function afterStored({ kept }: Node, all: readonly Connection[], jobs: number): Promise<Figure[]> {
  const store = (count: number) => spread(all, count, (connection, n) => submit(connection, emptyJob(`stored-${n}`)))
  await store(first.stored)
  const before = await kept()
  await store(jobs)
  const bytes = ((await kept()) - before) * 1024 * 1024
  return [{ id: 'B7g', what: 'growth by a stored job', unit: 'B', runs: [bytes / jobs], ...atMost(200, 'B') }]
}

const largestChildMb = (pid: number): number =>
  Math.max(
    ...tree(pid)
      .slice(1)
      .map((child) => memory(child).anonymousMb),
  )
