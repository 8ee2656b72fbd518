import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connection.ts'
import { atMost, type Figure } from '../figures.ts'
import { echoJob, emptyJob, end, submit } from '../jobs.ts'
import { spread, withConnections } from '../load.ts'
import { memory, tree } from '../process-figures.ts'
import { Product, type Roles } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** V8 collects by itself when there was nothing to do for some 15 s; before that, its garbage is what is measured. */
const restMs = 25_000
/** At first caches and the heap grow to what they may be: that is not scaled, and is not what grows with the jobs. */
const first = { ran: 6000, stored: 6000 }

/** How the memory of a node grows with jobs that ran and with jobs that are stored. One run, which is long enough to be one. */
export const b7g: Scenario = {
  id: 'B7g',
  about: 'memory after ten thousand executions',
  async measure({ scale }) {
    return [
      ...(await on('hybrid', (pid, all) => afterRuns(pid, all, Math.ceil(10_000 * scale)))),
      ...(await on('orchestrator', (pid, all) => afterStored(pid, all, Math.ceil(40_000 * scale)))),
    ]
  },
}

async function on(roles: Roles, measure: (pid: number, all: readonly Connection[]) => Promise<Figure[]>) {
  const product = await Product.start(roles)
  try {
    return await withConnections(
      () => product.connection(),
      16,
      (all) => measure(product.pid, all),
    )
  } finally {
    await product.remove()
  }
}

async function afterRuns(pid: number, all: readonly Connection[], jobs: number): Promise<Figure[]> {
  const work = (count: number) =>
    spread(all, count, async (connection) => end(connection, await submit(connection, echoJob(randomUUID()))))
  await work(first.ran)
  const before = { node: await restedMb(pid), child: largestChildMb(pid) }
  await work(jobs)
  const after = { node: await restedMb(pid), child: largestChildMb(pid) }
  const figure = (whose: 'node' | 'child', what: string): Figure => ({
    id: 'B7g',
    what: `growth of ${what} by 1,000 WASM jobs, of ${jobs.toLocaleString('en')}`,
    unit: 'MiB',
    runs: [(after[whose] - before[whose]) / (jobs / 1000)],
    ...atMost(1, 'MiB'),
  })
  return [figure('node', 'the node'), figure('child', 'a warm child')]
}

async function afterStored(pid: number, all: readonly Connection[], jobs: number): Promise<Figure[]> {
  const store = (count: number) => spread(all, count, (connection, n) => submit(connection, emptyJob(`stored-${n}`)))
  await store(first.stored)
  const before = await restedMb(pid)
  await store(jobs)
  const bytes = ((await restedMb(pid)) - before) * 1024 * 1024
  return [{ id: 'B7g', what: 'growth by a stored job', unit: 'B', runs: [bytes / jobs], ...atMost(200, 'B') }]
}

async function restedMb(pid: number): Promise<number> {
  await sleep(restMs)
  return memory(pid).anonymousMb
}

const largestChildMb = (pid: number): number =>
  Math.max(
    ...tree(pid)
      .slice(1)
      .map((child) => memory(child).anonymousMb),
  )
