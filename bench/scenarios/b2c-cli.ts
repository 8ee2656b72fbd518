import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atMost, median } from '../figures.ts'
import { echoJob } from '../jobs.ts'
import { series, timed } from '../load.ts'
import { executable, Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const run = promisify(execFile)

/** Whole processes of the command line, from start to exit. */
export const b2c: Scenario = {
  id: 'B2c',
  about: 'the command line',
  async measure({ runs, scale }) {
    const times = Math.ceil(40 * scale)
    const product = await Product.start('hybrid')
    const env = {
      ...process.env,
      NODE_EXTRA_CA_CERTS: undefined,
      BACALHAU_API_HOST: '127.0.0.1',
      BACALHAU_API_PORT: String(product.port),
    }
    const cli = (...args: string[]) => run(executable, ['--repo', join(product.dir, 'cli'), ...args], { env })

    const runJob = async () => {
      const nonce = randomUUID()
      const file = join(product.dir, 'job.json')
      await writeFile(file, JSON.stringify(echoJob(nonce)))
      let id = ''
      const ms = await timed(async () => {
        id = (await cli('job', 'run', '--id-only', file)).stdout.trim()
      })
      const logs = await cli('job', 'logs', id)
      if (!logs.stdout.includes(nonce)) throw new Error(`job ${id} printed ${logs.stdout}, not ${nonce}`)
      return ms
    }
    const figure = async (id: string, what: string, most: number, once: () => Promise<unknown>) => ({
      id,
      what,
      unit: 'ms',
      runs: await series(runs, async () => median(await series(times, () => timed(once)))),
      ...atMost(most, 'ms'),
    })
    try {
      await series(3, runJob)
      return [
        await figure('CLI', '--help', 40, () => cli('--help')),
        await figure('CLI', 'version --client', 40, () => cli('version', '--client')),
        await figure('CLI', 'job list', 70, () => cli('job', 'list')),
        {
          id: 'B2c',
          what: 'job run of a WASM job until it returns',
          unit: 'ms',
          runs: await series(runs, async () => median(await series(times, runJob))),
          ...atMost(80, 'ms'),
        },
      ]
    } finally {
      await product.remove()
    }
  },
}
