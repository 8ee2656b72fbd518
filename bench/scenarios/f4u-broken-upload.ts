import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relay } from '../../test/kit/relay.ts'
import { atLeast, atMost, type Figure } from '../figures.ts'
import { series } from '../load.ts'
import { executable, Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'
import { Cutter, lineBytesPerSecond } from './f4-broken-line.ts'

/** A file that is sent with its job over a line that is slow and breaks again and again: what that cost. The server checks all of it. */
export const brokenUpload: Scenario = {
  id: 'F4u',
  about: 'an upload over a line of 10 MB/s that is cut every 2 s',
  async measure({ runs, scale }) {
    const taken = await series(runs, () => oneRun(Math.ceil(200_000_000 * scale)))
    const figure = (what: string, unit: string, value: (run: Run) => number, rest: Partial<Figure> = {}): Figure => ({
      id: 'F4u',
      what: `an upload of ${200 * scale} MB over a line of 10 MB/s, cut every 2 s: ${what}`,
      unit,
      runs: taken.map(value),
      ...rest,
    })
    return [
      figure('cuts', '', ({ cuts }) => cuts, atLeast(Math.floor(9 * scale), '')),
      figure('time', 's', ({ seconds }) => seconds, { limit: (200 * scale) / 10 }),
      figure('sent besides', '%', ({ besides }) => 100 * besides, atMost(5, '%')),
    ]
  },
}

type Run = { cuts: number; seconds: number; besides: number }

async function oneRun(sizeBytes: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-upload-'))
  const content = join(folder, 'content')
  await writeFile(content, randomBytes(sizeBytes))
  const orchestrator = await Product.start('orchestrator')
  const line = await relay(orchestrator.port, { bytesPerSecond: lineBytesPerSecond })
  const cutter = new Cutter(line)
  try {
    const command = ['docker', 'run', '--wait=false', '-i', `${content}:/in`, 'busybox', 'true']
    const where = { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(line.port) }
    const env = { ...process.env, ...where, BACALHAU_DIR: join(folder, 'client') }
    const child = spawn(executable, command, { env, stdio: 'ignore' })
    const end = once(child, 'exit')
    const began = await cutter.begin()
    await end
    if (child.exitCode !== 0) throw new Error(`the command ended with ${child.exitCode}`)
    const seconds = (performance.now() - began) / 1000
    return { cuts: cutter.cuts, seconds, besides: line.sentBytes / sizeBytes - 1 }
  } finally {
    cutter.stop()
    await line.close()
    await orchestrator.remove()
    await rm(folder, { recursive: true })
  }
}
