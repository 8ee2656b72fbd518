import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relay } from '../../test/kit/relay.ts'
import { type BrokenRun, brokenFigures, Cutter, lineBytesPerSecond } from '../broken-line.ts'
import { executable, Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** A file that is sent with its job over a line that is slow and breaks again and again: what that cost. The server checks all of it. */
export const brokenUpload: Scenario = {
  id: 'F4u',
  about: 'an upload over a line of 10 MB/s that is cut every 2 s',
  measure: ({ runs, scale }) => brokenFigures({ id: 'F4u', what: 'an upload', runs, scale }, oneRun),
}

async function oneRun(sizeBytes: number): Promise<BrokenRun> {
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
