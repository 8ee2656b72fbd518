import type { Connection } from '../connection.ts'
import { atMost, type Figure, quantile } from '../figures.ts'
import { emptyJob } from '../jobs.ts'
import { series, spread, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const list = '/api/v1/orchestrator/jobs?limit=10&order_by=created_at'

/** Pages of a job list, whatever the number of jobs. */
export const b4: Scenario = {
  id: 'B4',
  about: 'listing',
  async measure({ limits, runs, scale }) {
    const sizes = scale > 1 ? [1000, 100_000, 1_000_000] : [1000, 10_000, Math.ceil(100_000 * scale)]
    const product = await Product.start('orchestrator')
    try {
      return await withConnections(
        () => product.connection(),
        4,
        async (all) => {
          const figures: Figure[] = []
          let stored = 0
          for (const size of sizes) {
            await fill(all, stored, size)
            stored = size
            const pages: [string, string][] = [
              ['first page', list],
              ['last page', `${list}&next_token=${await lastToken(all[0]!)}`],
              ['label filter', `${list}&labels=${encodeURIComponent('bench=rare')}`],
            ]
            for (const [what, path] of pages) {
              const p99s = await series(runs, async () =>
                quantile(await series(200, () => timed(() => ok(all[0]!, path))), 0.99),
              )
              figures.push({
                id: 'B4',
                what: `${what} of ${size.toLocaleString('en-US')} jobs, p99`,
                unit: 'ms',
                runs: p99s,
                limit: limits.roundTripMs,
                ...atMost(5, 'ms'),
              })
            }
          }
          return figures
        },
      )
    } finally {
      await product.remove()
    }
  },
}

/** One job in 1,000 has the rare label, so that a page of it is found far apart. */
async function fill(connections: Connection[], from: number, to: number): Promise<void> {
  const size = 500
  await spread(connections, Math.ceil((to - from) / size), async (connection, batch) => {
    const first = from + batch * size
    const Jobs = Array.from({ length: Math.min(size, to - first) }, (_, i) =>
      emptyJob(`bench-${first + i}`, { bench: (first + i) % 1000 === 0 ? 'rare' : 'usual' }),
    )
    const { status, body } = await connection.ask('POST', '/api/v1/orchestrator/jobs/batch', JSON.stringify({ Jobs }))
    if (status !== 200 || body.includes('"Error"')) throw new Error(`filling answered ${status}: ${body.slice(0, 300)}`)
  })
}

async function ok(connection: Connection, path: string): Promise<string> {
  const { status, body } = await connection.ask('GET', path)
  if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`)
  return body
}

/** Walks to the end, page by page (a token keeps the size of its page); returns the token of the last one. */
async function lastToken(connection: Connection): Promise<string> {
  for (let token = ''; ; ) {
    const body = await ok(connection, `${list}&next_token=${token}`)
    const next = /"NextToken":\s*"([^"]*)"/.exec(body)?.[1] ?? ''
    if (next === '') return token
    token = encodeURIComponent(next)
  }
}
