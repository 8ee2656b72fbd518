import { randomUUID } from 'node:crypto'
import { BareProduct } from '../bare-product.ts'
import type { Connection } from '../connection.ts'
import { atLeast, atMost, type Figure, median } from '../figures.ts'
import { checkEcho, echoJob, end, submit } from '../jobs.ts'
import { series, spread, timed, withConnections } from '../load.ts'
import { countSyncs, cpuMs, writtenBytes } from '../process-figures.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** What takes jobs over its API. */
type Server = { pid: number; connection(): Connection; remove(): Promise<void> }

/** WASM jobs to their end on one node that shares its core with the orchestrator, beside the least that Node can do for them. */
export const b3: Scenario = {
  id: 'B3',
  about: 'WASM jobs a second',
  async measure({ runs, scale }) {
    const jobs = Math.ceil(3000 * scale)
    const ours = await series(runs, async () => measured(await Product.start('hybrid'), jobs))
    const bare = await series(runs, async () => measured(await BareProduct.start(), jobs))
    const syncs = { alone: [] as number[], loaded: [] as number[] }
    await series(runs, async () => {
      const product = await Product.start('hybrid')
      try {
        await toTheEnd(product, 20)
        syncs.alone.push((await countSyncs(product.pid, async () => void (await toTheEnd(product, 50, 1)))) / 50)
        syncs.loaded.push((await countSyncs(product.pid, async () => void (await toTheEnd(product, 1000)))) / 1000)
        return 0
      } finally {
        await product.remove()
      }
    })
    const figure = (what: string, unit: string, values: number[], rest: Partial<Figure> = {}): Figure => ({
      id: 'B3',
      what,
      unit,
      runs: values,
      ...rest,
    })
    const of = (what: keyof Measured) => ours.map((each) => each[what])
    const least = (what: keyof Measured) => ({ limit: median(bare.map((each) => each[what])) })
    return [
      figure('no-op WASM jobs to their end', '/s', of('rate'), { ...least('rate'), ...atLeast(1000, '/s') }),
      figure('processor time a job', 'ms', of('cpuMs'), least('cpuMs')),
      figure('written to disk a job', 'KiB', of('kilobytes'), { ...least('kilobytes'), ...atMost(10, 'KiB') }),
      figure('disk syncs a job, alone', '', syncs.alone, atMost(3, '')),
      figure('disk syncs a job, under load', '', syncs.loaded, atMost(1, '')),
    ]
  },
}

/** Jobs a second, and what one took. */
type Measured = { rate: number; cpuMs: number; kilobytes: number }

async function measured(server: Server, jobs: number): Promise<Measured> {
  try {
    // Until then the figure is that of the compiler.
    await toTheEnd(server, jobs)
    const before = { cpu: cpuMs(server.pid), bytes: writtenBytes(server.pid) }
    const ms = await toTheEnd(server, jobs)
    return {
      rate: (jobs / ms) * 1000,
      cpuMs: (cpuMs(server.pid) - before.cpu) / jobs,
      kilobytes: (writtenBytes(server.pid) - before.bytes) / jobs / 1024,
    }
  } finally {
    await server.remove()
  }
}

/** Submits so many jobs and waits for the last; then checks what each printed, which is not counted. */
async function toTheEnd(server: Server, count: number, connections = 32): Promise<number> {
  return withConnections(
    () => server.connection(),
    connections,
    async (all) => {
      const jobs = Array.from({ length: count }, () => ({ nonce: randomUUID(), id: '' }))
      const ms = await timed(async () => {
        if (connections > 1)
          await spread(all, count, async (c, i) => void (jobs[i]!.id = await submit(c, echoJob(jobs[i]!.nonce))))
        await spread(all, count, async (connection, i) => {
          const job = jobs[i]!
          job.id ||= await submit(connection, echoJob(job.nonce))
          const { State } = await end(connection, job.id)
          if (State.StateType !== 'Completed') throw new Error(`job ${job.id} ${State.StateType}: ${State.Message}`)
        })
      })
      await spread(all, count, (connection, i) => checkEcho(connection, jobs[i]!.id, jobs[i]!.nonce))
      return ms
    },
  )
}
