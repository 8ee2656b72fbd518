import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { relay } from '../../test/kit/relay.ts'
import { type BrokenRun, brokenFigures, Cutter, lineBytesPerSecond } from '../broken-line.ts'
import { toolJob } from '../flood.ts'
import { end, submit } from '../jobs.ts'
import { withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** A result of publisher `link` over a line that is slow and breaks again and again: whether it is the same, and what that cost. */
export const brokenLine: Scenario = {
  id: 'F4',
  about: 'a result over a line of 10 MB/s that is cut every 2 s',
  measure: ({ runs, scale }) => brokenFigures({ id: 'F4', what: 'a result', runs, scale }, oneRun),
}

async function oneRun(sizeBytes: number): Promise<BrokenRun> {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-line-'))
  const content = randomBytes(sizeBytes)
  await writeFile(join(folder, 'content'), content)
  const orchestrator = await Product.start('orchestrator', {
    flags: ['-c', 'Orchestrator.NodeManager.DisconnectTimeout=60s'],
  })
  const line = await relay(orchestrator.bus, { bytesPerSecond: lineBytesPerSecond })
  const node = await Product.start('compute', {
    flags: [
      ...['-c', `Compute.Orchestrators=nats://127.0.0.1:${line.port}`],
      ...['-c', `Compute.AllowListedLocalPaths=${folder}/**`],
    ],
  })
  const cutter = new Cutter(line)
  try {
    return await withConnections(
      () => orchestrator.connection(),
      1,
      async ([connection]) => {
        const before = line.sentBytes
        const task = {
          Publisher: { Type: 'link' },
          InputSources: [
            { Source: { Type: 'localDirectory', Params: { SourcePath: join(folder, 'content') } }, Target: '/content' },
          ],
        }
        const id = await submit(connection!, withHalfACore(toolJob(['cat', '/content'], task)))
        const began = await cutter.begin()
        const { State } = await end(connection!, id)
        const seconds = (performance.now() - began) / 1000
        if (State.StateType !== 'Completed') throw new Error(`the job ended as ${JSON.stringify(State)}`)
        const archive = await resultOf(orchestrator.port, id)
        await checkSame(archive, content)
        return { cuts: cutter.cuts, seconds, besides: (line.sentBytes - before) / archive.length - 1 }
      },
    )
  } finally {
    cutter.stop()
    await line.close()
    await node.remove()
    await orchestrator.remove()
    await rm(folder, { recursive: true })
  }
}

/** The program itself is not what is measured. */
const withHalfACore = (job: Record<string, any>): Record<string, unknown> => ({
  ...job,
  Tasks: job['Tasks'].map((task: object) => ({ ...task, Resources: { CPU: '500m', Memory: '10Mb' } })),
})

async function resultOf(port: number, id: string): Promise<Buffer> {
  const api = `http://127.0.0.1:${port}/api/v1/orchestrator/jobs/${id}`
  const { Items } = (await (await fetch(`${api}/executions`)).json()) as { Items: { ID: string }[] }
  const answer = await fetch(`${api}/results/${Items[0]?.ID}`)
  if (!answer.ok) throw new Error(`the result answered ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** What came is what the program read and printed, byte by byte. */
async function checkSame(archive: Buffer, content: Buffer): Promise<void> {
  const tar = Readable.toWeb(Readable.from([archive]).pipe(createGunzip())) as ReadableStream<Uint8Array>
  const files = await unpackTar(tar)
  const stdout = files.find(({ header }) => header.name === 'stdout')?.data ?? Buffer.alloc(0)
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  if (digest(stdout) !== digest(content)) throw new Error('the result is not what was printed')
}
