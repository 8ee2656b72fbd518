import { once } from 'node:events'
import { join } from 'node:path'
import type { Connection } from '../connection.ts'
import { atLeast, atMost, type Figure, median, quantile } from '../figures.ts'
import { floodJob, toolJob } from '../flood.ts'
import { end, submit } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { type Followed, firstOutput, followFlood } from '../log-follower.ts'
import { ended, spawnOnServerCore } from '../pinned.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const megabyte = 1_000_000
const followers = 50

/** Output of WASM programs as its followers get it, over WebSockets; every character is compared. */
export const b5: Scenario = {
  id: 'B5',
  about: 'following output',
  async measure({ runs, scale }) {
    const bytes = Math.ceil(100 * scale) * megabyte
    const limit = await streamLimit(bytes)
    const taken = {
      follow: [] as number[],
      kept: [] as number[],
      served: [] as number[],
      all: [] as number[],
      first: [] as number[],
      wait: [] as number[],
    }
    await series(runs, async () => {
      const product = await Product.start('hybrid')
      try {
        await withConnections(
          () => product.connection(),
          1,
          async ([connection]) => {
            const parts = { product, connection: connection!, bytes }
            await followed(parts, 1)
            taken.follow.push(rate(await followed(parts, 1), bytes))
            taken.kept.push(rate([await kept(parts)], bytes))
            const shared = { ...parts, bytes: Math.ceil(bytes / 10) }
            const all = await followed(shared, followers)
            taken.served.push(all.filter(({ length }) => length === shared.bytes).length)
            taken.all.push(rate(all, shared.bytes * followers))
            taken.first.push(...(await firstBytes(parts, Math.ceil(40 * scale))))
            taken.wait.push(await heldUp(parts))
          },
        )
      } finally {
        await product.remove()
      }
      return 0
    })
    const mbs = 'MB/s'
    const figure = (what: string, unit: string, values: number[], rest: Partial<Figure>): Figure => ({
      id: 'B5',
      what,
      unit,
      runs: values,
      ...rest,
    })
    return [
      figure(`${bytes / megabyte} MB followed while they are printed`, mbs, taken.follow, {
        limit,
        ...atLeast(100, mbs),
      }),
      figure('the same read after the end', mbs, taken.kept, { limit, ...atLeast(100, mbs) }),
      figure(`of ${followers} followers of one job served whole`, '', taken.served, atLeast(followers, '')),
      figure('all of them together', mbs, taken.all, { limit }),
      figure('first output of a running job, p99', 'ms', [quantile(taken.first, 0.99)], atMost(50, 'ms')),
      figure('first output of a running job, p50', 'ms', [median(taken.first)], atMost(50, 'ms')),
      figure('end of a job with a follower that does not read, against one without', 'x', taken.wait, atMost(1.5, 'x')),
    ]
  },
}

type Parts = { product: Product; connection: Connection; bytes: number }

const logsOf = (id: string, query = '') => `/api/v1/orchestrator/jobs/${id}/logs${query}`

/** Runs a job with so many followers from its beginning, and returns what each got. */
async function followed({ product, connection, bytes }: Parts, count: number): Promise<Followed[]> {
  const id = await submit(connection, floodJob(bytes))
  return Promise.all(Array.from({ length: count }, () => followFlood(product.port, logsOf(id, '?follow=true'))))
}

async function kept({ product, connection, bytes }: Parts): Promise<Followed> {
  const id = await submit(connection, floodJob(bytes))
  const { State } = await end(connection, id)
  if (State.StateType !== 'Completed') throw new Error(`job ${id} ${State.StateType}: ${State.Message}`)
  return followFlood(product.port, logsOf(id))
}

/** Megabytes a second, from the first output to the last end. */
function rate(all: readonly Followed[], bytes: number): number {
  const lost = bytes - all.reduce((sum, { length }) => sum + length, 0)
  if (lost !== 0) throw new Error(`${lost} of ${bytes} bytes did not arrive`)
  const ms = Math.max(...all.map(({ wholeMs }) => wholeMs)) - Math.min(...all.map(({ firstMs }) => firstMs))
  return bytes / 1_000 / ms
}

/** Ms from asking for the output of a job that has printed and goes on, to its first piece. */
async function firstBytes({ product, connection }: Parts, count: number): Promise<number[]> {
  const id = await submit(connection, toolJob(['sleep', '600000']))
  await firstOutput(product.port, logsOf(id, '?follow=true'))
  const times = await series(count, () => firstOutput(product.port, logsOf(id, '?follow=true')))
  await connection.ask('DELETE', `/api/v1/orchestrator/jobs/${id}`)
  return times
}

/** How much longer a job takes to its end when somebody follows it and does not read. */
async function heldUp({ product, connection, bytes }: Parts): Promise<number> {
  const run = async (hasFollower: boolean) => {
    const id = await submit(connection, floodJob(bytes))
    const stalled = hasFollower ? product.connection() : undefined
    if (stalled) void stalled.ask('GET', logsOf(id, '?follow=true')).catch(() => {})
    const ms = await timed(() => end(connection, id))
    stalled?.close()
    return ms
  }
  await run(false)
  const alone = await run(false)
  return (await run(true)) / alone
}

async function streamLimit(bytes: number): Promise<number> {
  const server = spawnOnServerCore(process.execPath, [join(import.meta.dirname, '../limit-stream.ts')], process.env)
  try {
    const [port] = (await once(server.stdout!, 'data')) as [Buffer]
    await followFlood(Number(port), `/${bytes}`)
    const { length, wholeMs, firstMs } = await followFlood(Number(port), `/${bytes}`)
    return length / 1_000 / (wholeMs - firstMs)
  } finally {
    await ended(server, 'SIGTERM')
  }
}
