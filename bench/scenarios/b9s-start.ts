import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atMost, quantile } from '../figures.ts'
import { completed, inlineModule, wasmJob } from '../jobs.ts'
import { largeModule } from '../large-module.ts'
import { series, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const exitCode = 7

/** How long a job takes whose program has nothing to do, when its module has run before: submitted to completed. */
export const b9s: Scenario = {
  id: 'B9s',
  about: 'later starts of large WASM modules',
  async measure({ limits, runs, scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-modules-'))
    const large = join(folder, 'large.wasm')
    writeFileSync(large, largeModule(3_500_000, exitCode))
    const product = await Product.start('hybrid', { flags: ['-c', `Compute.AllowListedLocalPaths=${folder}/**`] })
    const later = (source: object) =>
      withConnections(
        () => product.connection(),
        1,
        ([connection]) => laterStart(connection!, source, Math.ceil(50 * scale)),
      )
    const local = { Type: 'localDirectory', Params: { SourcePath: large } }
    const limit = 2 * limits.roundTripMs + 3 * (limits.syncedMs - limits.roundTripMs)
    try {
      return [
        {
          id: 'B9s',
          what: 'later start of a 3.5 MB module, p50',
          unit: 'ms',
          runs: await series(runs, () => later(local)),
          limit,
          ...atMost(20, 'ms'),
        },
        {
          id: 'B9s',
          what: 'job time outside the program, 140 KB module, p50',
          unit: 'ms',
          runs: await series(runs, () => later(inlineModule(largeModule(140_000, exitCode)))),
          limit,
          ...atMost(10, 'ms'),
        },
      ]
    } finally {
      await product.remove()
      rmSync(folder, { recursive: true })
    }
  },
}

async function laterStart(connection: Parameters<typeof completed>[0], source: object, count: number): Promise<number> {
  const once = () =>
    timed(async () => {
      const { ExitCode } = await completed(connection, wasmJob('large', source, []))
      if (ExitCode !== exitCode) throw new Error(`the large module ended with ${ExitCode}`)
    })
  await series(10, once)
  return quantile(await series(count, once), 0.5)
}
