import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Server } from '../../test/kit/product.ts'
import { type Bench, type Client, judgeUses, type Verdict } from './judge.ts'
import { samples } from './uses/samples.ts'

/** An orchestrator whose one node may read the folder with the modules, one folder each. */
export type SampleBench = { server: Server; folder: string }

export const isSampleModules = (folder: string): boolean => existsSync(join(folder, 'noop/main.wasm'))

/** The sample programs of Bacalhau's own tests, each as a job. */
export const sampleModules = (folder: string): Client => ({
  name: 'Sample WASM modules of Bacalhau',
  judge: (bench) => judge(folder, bench),
})

async function judge(folder: string, bench: Bench): Promise<Verdict[]> {
  const { cluster } = bench
  const server = await cluster.orchestrate('for-samples')
  await cluster.join('with-samples', `nats://127.0.0.1:${server.linkPort}`, {
    'Compute.AllowListedLocalPaths': `${folder}/**`,
  })
  return await judgeUses({ server, folder }, samples, bench)
}
