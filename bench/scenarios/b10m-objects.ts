import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/kit/free-ports.ts'
import { DataSource, sourceCredentials, trusting } from '../data-source.ts'
import { atMost, type Figure } from '../figures.ts'
import { readingJob } from '../flood.ts'
import { completed } from '../jobs.ts'
import { inspected, keptMb } from '../kept-memory.ts'
import { withConnections } from '../load.ts'
import { memory } from '../process-figures.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const objectBytes = 1_000
const lookMs = 500
/** What a node may know of an object, its key and its state, for as long as it shares a listing among executions: 700 B of each. */
const mostMoreMb = 64

/**
 * How much more a node keeps in memory for an input of ten times as many objects, while it fetches them and after the job. Of
 * two jobs on one node: what it needs at first is there before. One run, which is long enough to be one.
 */
export const b10m: Scenario = {
  id: 'B10m',
  about: 'memory with 100,000 objects as an input',
  async measure({ scale }) {
    const count = Math.ceil(10_000 * scale)
    const [few, many] = await measured([count, 10 * count])
    const figure = (what: string, mb: number, rest: Partial<Figure> = {}): Figure => ({
      id: 'B10m',
      what,
      unit: 'MiB',
      runs: [mb],
      ...rest,
    })
    const more = `${(10 * count).toLocaleString('en')} objects more than with ${count.toLocaleString('en')}`
    return [
      figure(`what the node keeps while it fetches ${more}`, many.peakMb - few.peakMb, atMost(mostMoreMb, 'MiB')),
      figure('the same after the job', many.afterMb - few.afterMb, atMost(mostMoreMb, 'MiB')),
      figure('kept before, with none', few.beforeMb),
      figure('anonymous at most, with garbage', many.anonymousMb),
    ]
  },
}

type Seen = { beforeMb: number; peakMb: number; afterMb: number; anonymousMb: number }

/** One job after the other, each with so many objects. */
async function measured(counts: [number, number]): Promise<[Seen, Seen]> {
  const [few, many] = await Promise.all(counts.map((count) => DataSource.start(count, objectBytes)))
  const port = await freePort()
  const product = await Product.start('hybrid', {
    flags: trusting(few!, many!),
    env: { ...sourceCredentials, NODE_OPTIONS: inspected(port) },
  })
  const look = async () => ({ keptMb: await keptMb(port), anonymousMb: memory(product.pid).anonymousMb })
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        const read = (source: DataSource) => watched(look, () => completed(connection!, readingJob(source.objects)))
        return [await read(few!), await read(many!)]
      },
    )
  } finally {
    await product.remove()
    await Promise.all([few!.stop(), many!.stop()])
  }
}

/** What is seen of the memory while `work` is under way and after it. */
async function watched(
  look: () => Promise<{ keptMb: number; anonymousMb: number }>,
  work: () => Promise<unknown>,
): Promise<Seen> {
  const seen = [await look()]
  const over = work().then(() => true)
  while (!(await Promise.race([over, sleep(lookMs, false)]))) seen.push(await look())
  seen.push(await look())
  return {
    beforeMb: seen[0]!.keptMb,
    peakMb: Math.max(...seen.map((each) => each.keptMb)),
    afterMb: seen.at(-1)!.keptMb,
    anonymousMb: Math.max(...seen.map((each) => each.anonymousMb)),
  }
}
