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
    const p99s: number[] = []
    const p50s = await series(runs, async () => {
      const times = await oneRun(Math.ceil(400 * scale))
      p99s.push(quantile(times, 0.99))
      return quantile(times, 0.5)
    })
    const limit = 2 * limits.roundTripMs + 3 * (limits.syncedMs - limits.roundTripMs)
    const what = 'no-op WASM job, submitted to completed'
    return [
      { id: 'B2', what: `${what}, p50`, unit: 'ms', runs: p50s, limit, ...atMost(3, 'ms') },
      { id: 'B2', what: `${what}, p99`, unit: 'ms', runs: p99s, ...atMost(15, 'ms') },
    ]
  },
}

async function oneRun(count: number): Promise<number[]> {
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
        return series(count, once)
      },
    )
  } finally {
    await product.remove()
  }
}
