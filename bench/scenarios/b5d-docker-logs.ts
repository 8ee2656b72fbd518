import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canStartDocker, dockerEngine } from '../../test/kit/docker-engine.ts'
import { EngineOwn } from '../engine-own.ts'
import { atLeast, figuresOf, median } from '../figures.ts'
import { floodBlock, floodBlockBytes } from '../flood.ts'
import { dockerJob, submit } from '../jobs.ts'
import { series, withConnections } from '../load.ts'
import { followFlood } from '../log-follower.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const words = ['cat', '/flood/file']

/** Output of a container as a follower gets it, every character compared, beside what the engine itself streams of the same one. */
export const b5d: Scenario = {
  id: 'B5d',
  about: 'following output of a container beside the engine itself',
  async measure({ runs, scale }) {
    if (!canStartDocker()) {
      console.error('B5d left out: it needs Docker, and root')
      return []
    }
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-flood-'))
    const blocks = Math.ceil((100_000_000 * scale) / floodBlockBytes)
    const bytes = blocks * floodBlockBytes
    writeFileSync(join(folder, 'file'), floodBlock.repeat(blocks))
    const engine = await dockerEngine()
    if (!engine) throw new Error('the engine does not start')
    const own = new EngineOwn(engine.host)
    const product = await Product.start('hybrid', {
      env: { DOCKER_HOST: engine.host },
      flags: ['-c', `Compute.AllowListedLocalPaths=${folder}/**`],
    })
    try {
      const pairs = await series(runs, async () => {
        const ownRate = bytes / 1_000 / (await own.follow(words, [`${folder}:/flood:ro`], bytes))
        const { length, firstMs, wholeMs } = await followFlood(product.port, logsPath(await flooding(product, folder)))
        if (length !== bytes) throw new Error(`${bytes - length} of ${bytes} bytes did not arrive`)
        return { ownRate, ourRate: bytes / 1_000 / (wholeMs - firstMs) }
      })
      const figure = figuresOf('B5d', `${Math.round(bytes / 1e6)} MB of a container`)
      const limit = median(pairs.map(({ ownRate }) => ownRate))
      return [
        figure(
          'followed while they are printed',
          'MB/s',
          pairs.map(({ ourRate }) => ourRate),
          { limit },
        ),
        figure(
          'against the engine',
          'x',
          pairs.map(({ ownRate, ourRate }) => ourRate / ownRate),
          atLeast(0.9, 'x'),
        ),
      ]
    } finally {
      own.close()
      await product.remove()
      await engine.stop()
      rmSync(folder, { recursive: true })
    }
  },
}

const logsPath = (id: string): string => `/api/v1/orchestrator/jobs/${id}/logs?follow=true`

/** The ID of a job whose container prints what is in the folder. */
function flooding(product: Product, SourcePath: string): Promise<string> {
  const job = dockerJob(words) as { Tasks: object[] }
  const InputSources = [{ Source: { Type: 'localDirectory', Params: { SourcePath } }, Target: '/flood' }]
  const whole = { ...job, Tasks: job.Tasks.map((task) => ({ ...task, InputSources })) }
  return withConnections(
    () => product.connection(),
    1,
    ([connection]) => submit(connection!, whole),
  )
}
