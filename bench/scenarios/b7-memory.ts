import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, type Figure } from '../figures.ts'
import { echoJob, emptyJob, end, submit } from '../jobs.ts'
import { spread, withConnections } from '../load.ts'
import { memory, tree } from '../process-figures.ts'
import { Product, type Roles } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** Memory of an idle node, how it grows with work and with stored jobs, and how long it takes to end. */
export const b7: Scenario = {
  id: 'B7',
  about: 'memory and ending',
  async measure({ runs, scale }) {
    const figures: Figure[] = []
    for (const roles of ['orchestrator', 'compute', 'hybrid'] as const) figures.push(...(await idle(roles, runs)))
    return [...figures, ...(await growth(runs, scale))]
  },
}

async function idle(roles: Roles, runs: number): Promise<Figure[]> {
  const seen = { resident: [] as number[], anonymous: [] as number[], children: [] as number[], end: [] as number[] }
  const other = roles === 'compute' ? await Product.start('orchestrator') : undefined
  for (let i = 0; i < runs; i++) {
    const product = await Product.start(
      roles,
      other ? { flags: ['-c', `Compute.Orchestrators=nats://127.0.0.1:${other.bus}`] } : {},
    )
    await sleep(3000)
    const { residentMb, anonymousMb } = memory(product.pid)
    seen.resident.push(residentMb)
    seen.anonymous.push(anonymousMb)
    seen.children.push(
      tree(product.pid)
        .slice(1)
        .reduce((sum, pid) => sum + memory(pid).anonymousMb, 0),
    )
    seen.end.push(await product.end())
    await product.remove()
  }
  await other?.remove()
  const figure = (what: string, unit: string, values: number[], most?: number): Figure => ({
    id: 'B7',
    what: `${roles}: ${what}`,
    unit,
    runs: values,
    ...(most !== undefined && atMost(most, unit)),
  })
  return [
    figure('resident, idle', 'MiB', seen.resident, 110),
    figure('anonymous, idle', 'MiB', seen.anonymous, 40),
    ...(roles === 'orchestrator' ? [] : [figure('anonymous of warm WASM children', 'MiB', seen.children)]),
    figure('SIGTERM to gone', 'ms', seen.end, 100),
  ]
}

async function growth(runs: number, scale: number): Promise<Figure[]> {
  const perThousand: number[] = []
  const perThousandChild: number[] = []
  const perStored: number[] = []
  for (let i = 0; i < runs; i++) {
    const product = await Product.start('hybrid')
    await withConnections(
      () => product.connection(),
      16,
      async (all) => {
        const work = (count: number) =>
          spread(all, count, async (connection) => end(connection, await submit(connection, echoJob(randomUUID()))))
        // V8 collects by itself when there was nothing to do for some 15 s; before that, its garbage is what is measured.
        const rested = async () => {
          await sleep(25_000)
          return memory(product.pid).anonymousMb
        }
        // At first the heap grows to what the load makes it: that is not scaled, and is not what grows with the jobs.
        await work(3000)
        const before = await rested()
        const childBefore = largestChildMb(product.pid)
        const jobs = Math.ceil(10_000 * scale)
        await work(jobs)
        perThousand.push(((await rested()) - before) / (jobs / 1000))
        perThousandChild.push((largestChildMb(product.pid) - childBefore) / (jobs / 1000))

        const stored = Math.ceil(40_000 * scale)
        const store = (count: number) =>
          spread(all, count, (connection, n) => submit(connection, emptyJob(`stored-${n}`)))
        await store(6000)
        const empty = await rested()
        await store(stored)
        perStored.push((((await rested()) - empty) * 1024 * 1024) / stored)
      },
    )
    await product.remove()
  }
  return [
    { id: 'B7', what: 'growth by 1,000 WASM jobs', unit: 'MiB', runs: perThousand, ...atMost(1, 'MiB') },
    {
      id: 'B7',
      what: 'growth of a warm child by 1,000 WASM jobs',
      unit: 'MiB',
      runs: perThousandChild,
      ...atMost(1, 'MiB'),
    },
    { id: 'B7', what: 'growth by a stored job', unit: 'B', runs: perStored, ...atMost(200, 'B') },
  ]
}

const largestChildMb = (pid: number): number =>
  Math.max(
    ...tree(pid)
      .slice(1)
      .map((child) => memory(child).anonymousMb),
  )
