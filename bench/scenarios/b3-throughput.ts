import { randomUUID } from 'node:crypto'
import { atLeast, atMost, type Figure } from '../figures.ts'
import { checkEcho, echoJob, end, submit } from '../jobs.ts'
import { series, spread, timed, withConnections } from '../load.ts'
import { countSyncs, cpuMs, writtenBytes } from '../process-figures.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** WASM jobs to their end on one node that shares its core with the orchestrator. */
export const b3: Scenario = {
  id: 'B3',
  about: 'WASM jobs a second',
  async measure({ limits, runs, scale }) {
    const jobs = Math.ceil(3000 * scale)
    const perJob = { cpu: [] as number[], kilobytes: [] as number[], loaded: [] as number[], alone: [] as number[] }
    const rates = await series(runs, async () => {
      const product = await Product.start('hybrid')
      try {
        // Until then the figure is that of the compiler.
        await toTheEnd(product, jobs)
        const before = { cpu: cpuMs(product.pid), bytes: writtenBytes(product.pid) }
        const ms = await toTheEnd(product, jobs)
        perJob.cpu.push((cpuMs(product.pid) - before.cpu) / jobs)
        perJob.kilobytes.push((writtenBytes(product.pid) - before.bytes) / jobs / 1024)
        return (jobs / ms) * 1000
      } finally {
        await product.remove()
      }
    })
    await series(runs, async () => {
      const product = await Product.start('hybrid')
      try {
        await toTheEnd(product, 20)
        perJob.alone.push((await countSyncs(product.pid, async () => void (await toTheEnd(product, 50, 1)))) / 50)
        perJob.loaded.push((await countSyncs(product.pid, async () => void (await toTheEnd(product, 1000)))) / 1000)
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
    return [
      figure('no-op WASM jobs to their end', '/s', rates, {
        limit: limits.syncedPerSecond[32]!,
        ...atLeast(1000, '/s'),
      }),
      figure('processor time a job', 'ms', perJob.cpu),
      figure('written to disk a job', 'KiB', perJob.kilobytes, atMost(10, 'KiB')),
      figure('disk syncs a job, alone', '', perJob.alone, atMost(3, '')),
      figure('disk syncs a job, under load', '', perJob.loaded, atMost(1, '')),
    ]
  },
}

/** Submits so many jobs and waits for the last; then checks what each printed, which is not counted. */
async function toTheEnd(product: Product, count: number, connections = 32): Promise<number> {
  return withConnections(
    () => product.connection(),
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
