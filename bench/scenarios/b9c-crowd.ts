import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connection.ts'
import { atMost, type Figure, figuresOf, median, quantile } from '../figures.ts'
import { inlineModule, submit, wasmJob } from '../jobs.ts'
import { timed, withConnections } from '../load.ts'
import { useAllCores } from '../pinned.ts'
import { proportionalMb, tree } from '../process-figures.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const programs = 100
const endless = readFileSync(join(import.meta.dirname, '../../test/fixtures/wasm/loop.wasm'))

/** A hundred programs that compute for as long as they may, beside the node, on all cores: does it still answer at once? */
export const b9c: Scenario = {
  id: 'B9c',
  about: 'a hundred WASM programs at once',
  async measure({ runs, scale }) {
    const seen = { before: [] as number[], late: [] as number[], latest: [] as number[], memory: [] as number[] }
    for (let run = 0; run < runs; run++) {
      const product = await Product.start('hybrid', { flags: ['-c', 'Compute.AllocatedCapacity.CPU=2'] })
      try {
        useAllCores(product.pid)
        await withConnections(
          () => product.connection(),
          1,
          async ([connection]) => {
            seen.before.push(quantile(await answerTimes(connection!, 5000 * scale), 0.99))
            await startAll(connection!, product.pid)
            const answers = await answerTimes(connection!, 10_000 * scale)
            seen.late.push(quantile(answers, 0.99))
            seen.latest.push(Math.max(...answers))
            seen.memory.push(median(tree(product.pid).slice(1).map(proportionalMb)))
          },
        )
      } finally {
        await product.remove()
      }
    }
    const figure = figuresOf('B9c', `${programs} WASM programs at once`)
    return [
      figure('an answer of the API, p99 (limit: before they run)', 'ms', seen.late, {
        limit: median(seen.before),
        ...atMost(20, 'ms'),
      }),
      figure('the latest answer', 'ms', seen.latest),
      figure('memory of a program', 'MiB', seen.memory, atMost(25, 'MiB')),
    ] satisfies Figure[]
  },
}

/** Until each has a process, and has used up what it may use at once. */
async function startAll(connection: Connection, pid: number): Promise<void> {
  await submit(connection, { ...wasmJob('crowd', inlineModule(endless), []), Count: programs })
  for (const giveUp = performance.now() + 120_000; tree(pid).length <= programs; await sleep(200)) {
    if (performance.now() > giveUp) throw new Error(`${programs} programs do not run after two minutes`)
  }
  await sleep(20_000)
}

/** One small request after the other, with a pause between. */
async function answerTimes(connection: Connection, spanMs: number): Promise<number[]> {
  const times: number[] = []
  for (const end = performance.now() + spanMs; performance.now() < end; await sleep(5)) {
    times.push(await timed(() => connection.ask('GET', '/api/v1/agent/alive')))
  }
  return times
}
