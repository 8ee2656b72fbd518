import { randomUUID } from 'node:crypto'
import { atMost, quantile } from '../figures.ts'
import { checkEcho, echoJob, end, submit } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** One WASM job after the other on an idle node: from the submission until its client knows that it is completed. */
export const b2: Scenario = {
  id: 'B2',
  about: 'latency of a WASM job',
  async measure({ limits, runs, scale }) {
    const all = await series(runs, () => oneRun(Math.ceil(400 * scale)))
    const of = (part: keyof Times, share: number) => all.map((times) => quantile(times[part], share))
    const limit = 2 * limits.roundTripMs + 3 * (limits.syncedMs - limits.roundTripMs)
    const what = 'no-op WASM job, submitted to completed'
    return [
      { id: 'B2', what: `${what}, p50`, unit: 'ms', runs: of('later', 0.5), limit, ...atMost(3, 'ms') },
      { id: 'B2', what: `${what}, p99`, unit: 'ms', runs: of('later', 0.99), ...atMost(15, 'ms') },
      { id: 'B2', what: 'the first of a node, p50', unit: 'ms', runs: of('first', 0.5) },
      { id: 'B2', what: 'the first of a node, p99', unit: 'ms', runs: of('first', 0.99) },
    ]
  },
}

/** Of the first jobs of a node, in ms, and of as many once the figure is no longer that of the compiler. */
type Times = { first: number[]; later: number[] }
const jobsUntilWarm = 1000

async function oneRun(count: number): Promise<Times> {
  const product = await Product.start('hybrid')
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        const once = async () => {
          const nonce = randomUUID()
          let id = ''
          const ms = await timed(async () => {
            id = await submit(connection!, echoJob(nonce))
            const { State } = await end(connection!, id)
            if (State.StateType !== 'Completed') throw new Error(`job ${id} ${State.StateType}: ${State.Message}`)
          })
          await checkEcho(connection!, id, nonce)
          return ms
        }
        await series(20, once)
        const first = await series(count, once)
        await series(Math.max(0, jobsUntilWarm - count), once)
        return { first, later: await series(count, once) }
      },
    )
  } finally {
    await product.remove()
  }
}
