import { atLeast, type Figure } from '../figures.ts'
import { submit, waitingJob } from '../jobs.ts'
import { connectionCounts } from '../limits.ts'
import { series, spread, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** Durable submissions to an orchestrator without nodes; the jobs wait. Ends with kill -9 and a recount. */
export const b1: Scenario = {
  id: 'B1',
  about: 'submissions a second',
  async measure(bench) {
    const figures: Figure[] = []
    for (const connections of connectionCounts) figures.push(await oneByOne(bench, connections))
    return [...figures, await inBatches(bench)]
  },
}

async function oneByOne({ limits, runs, scale }: Bench, connections: number): Promise<Figure> {
  const count = Math.ceil({ 1: 2000, 8: 8000, 32: 16_000 }[connections]! * scale)
  const limit = limits.syncedPerSecond[connections]!
  const rates = await series(runs, async () => {
    const product = await Product.start('orchestrator')
    try {
      return await withConnections(
        () => product.connection(),
        connections,
        async (all) => {
          await spread(all, 500, (connection, i) => submit(connection, waitingJob(`warm-${i}`)))
          const ids: string[] = []
          const ms = await timed(() =>
            spread(all, count, async (connection, i) => ids.push(await submit(connection, waitingJob(`bench-${i}`)))),
          )
          await recount(product, ids)
          return (count / ms) * 1000
        },
      )
    } finally {
      await product.remove()
    }
  })
  const target = connections === 32 ? atLeastBoth(8000, limit / 2) : {}
  return {
    id: 'B1',
    what: `durable submissions, ${connections} connections`,
    unit: '/s',
    runs: rates,
    limit,
    ...target,
  }
}

/** Where the disk is slow, its limit is; where it is fast, our own figure. Both have to be reached. */
const atLeastBoth = (most: number, half: number) => ({
  target: `>= ${most} /s and half the limit`,
  isMet: (rate: number) => rate >= most && rate >= half,
})

async function inBatches({ runs, scale }: Bench): Promise<Figure> {
  const size = 500
  const batches = Math.ceil(60 * scale)
  const rates = await series(runs, async () => {
    const product = await Product.start('orchestrator')
    try {
      return await withConnections(
        () => product.connection(),
        4,
        async (all) => {
          const post = async (connection: (typeof all)[number], batch: number) => {
            const Jobs = Array.from({ length: size }, (_, i) => waitingJob(`bench-${batch}-${i}`))
            const answer = await connection.ask('POST', '/api/v1/orchestrator/jobs/batch', JSON.stringify({ Jobs }))
            const { Items } = JSON.parse(answer.body) as { Items: { JobID?: string; Error?: string }[] }
            return Items.map((item) => item.JobID ?? fail(`a job of a batch was refused: ${item.Error}`))
          }
          await spread(all, 8, (connection, i) => post(connection, -1 - i))
          const ids: string[] = []
          const ms = await timed(() =>
            spread(all, batches, async (connection, i) => ids.push(...(await post(connection, i)))),
          )
          await recount(product, ids)
          return ((batches * size) / ms) * 1000
        },
      )
    } finally {
      await product.remove()
    }
  })
  return {
    id: 'B1',
    what: `durable submissions in batches of ${size}`,
    unit: '/s',
    runs: rates,
    ...atLeast(50_000, '/s'),
  }
}

/** Kills the server at once, starts it on the same data, and looks for a sample of what it acknowledged, and for the number. */
async function recount(product: Product, ids: string[]): Promise<void> {
  await product.end('SIGKILL')
  const again = await Product.start('orchestrator', { dir: product.dir })
  try {
    await withConnections(
      () => again.connection(),
      8,
      (all) =>
        spread(all, ids.length, async (connection, i) => {
          const { status } = await connection.ask('GET', `/api/v1/orchestrator/jobs/${ids[i]}`)
          if (status !== 200) fail(`acknowledged job ${ids[i]} answers ${status} after kill -9`)
        }),
    )
  } finally {
    await again.end()
  }
}

function fail(why: string): never {
  throw new Error(why)
}
