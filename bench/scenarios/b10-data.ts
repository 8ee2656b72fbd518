import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../connection.ts'
import { DataSource, sourceCredentials, trusting } from '../data-source.ts'
import { atLeast, atMost, type Figure } from '../figures.ts'
import { readingJob, toolJob } from '../flood.ts'
import { completed } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { spawnOnServerCore } from '../pinned.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const objectBytes = 100_000

/** Inputs by URL and from S3 as a job gets them, beside a bare client on the same core, and a second job with the same. */
export const b10: Scenario = {
  id: 'B10',
  about: 'inputs from the web and from S3',
  async measure({ runs, scale }) {
    const fileBytes = Math.ceil(1024 * scale) * 1024 * 1024
    const objects = Math.ceil(2_000 * scale)
    const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-data-'))
    const taken = await series(runs, () => oneRun(folder, fileBytes, objects)).finally(() => removed(folder))
    const of = (value: (run: Run) => number) => taken.map(value)
    const figure = (what: string, unit: string, values: number[], rest: Partial<Figure> = {}): Figure => ({
      id: 'B10',
      what,
      unit,
      runs: values,
      ...rest,
    })
    const mbs = (ms: number) => fileBytes / 1000 / ms
    const rate = (ms: number) => (1000 * objects) / ms
    return [
      figure(
        'one large file by URL',
        'MB/s',
        of(({ url }) => mbs(url.jobMs)),
      ),
      figure(
        'the same against a plain stream',
        'x',
        of(({ url }) => url.bareMs / url.jobMs),
        atLeast(0.85, 'x'),
      ),
      figure(
        'objects of 100 KB from S3, first such job of a node',
        '/s',
        of(({ firstMs }) => rate(firstMs)),
      ),
      figure(
        'other objects, the next job',
        '/s',
        of(({ s3 }) => rate(s3.jobMs)),
        atLeast(2_600, '/s'),
      ),
      figure(
        'the same against a bare client',
        'x',
        of(({ s3 }) => s3.bareMs / s3.jobMs),
        atLeast(0.6, 'x'),
      ),
      figure(
        'sent again for a second job: file',
        'MB',
        of(({ url }) => url.againBytes / 1e6),
        atMost(fileBytes / 1e8, 'MB'),
      ),
      figure(
        'sent again for a second job: objects',
        'MB',
        of(({ s3 }) => s3.againBytes / 1e6),
        atMost(0, 'MB'),
      ),
    ]
  },
}

type Pair = { jobMs: number; bareMs: number; againBytes: number }
type Run = { url: Pair; firstMs: number; s3: Pair }

/** Small files stay until all was measured: some file systems take long to make new ones for minutes after others went. */
const removed = (folder: string): Promise<void> => rm(folder, { recursive: true })

/** Nobody pays for what others left to be written. */
const diskAtRest = (): void => void execFileSync('sync')

async function oneRun(folder: string, fileBytes: number, objects: number): Promise<Run> {
  const warmUp = await DataSource.start(objects, objectBytes)
  const source = await DataSource.start(objects, objectBytes)
  const product = await Product.start('hybrid', {
    dir: await mkdtemp(join(folder, 'node-')),
    flags: [...trusting(warmUp, source), '-c', 'Compute.InputCache.MaxSize=20GB'],
    env: sourceCredentials,
  })
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        await completed(connection!, toolJob(['print', 'warm', '', '0']))
        const URL = `${source.url}/file/${fileBytes}`
        const bareFile = async () => {
          const place = await mkdtemp(join(folder, 'file-'))
          // Gone at once: the disk has no more to do with it for who comes next.
          return bareMs(place, URL).finally(() => removed(place))
        }
        const bareObjects = async () =>
          bareMs(await mkdtemp(join(folder, 'objects-')), `${source.url}/bucket/in`, String(objects))
        return {
          url: await pair(connection!, source, { Type: 'urlDownload', Params: { URL } }, bareFile),
          // Until then the figure is that of the compiler, as for jobs (B3).
          firstMs: await timed(() => completed(connection!, readingJob(warmUp.objects))),
          s3: await pair(connection!, source, source.objects, bareObjects),
        }
      },
    )
  } finally {
    await product.end()
    await Promise.all([warmUp.stop(), source.stop()])
  }
}

/** The bare client before the job and after it: whoever writes first finds the disk at rest. */
async function pair(
  connection: Connection,
  source: DataSource,
  Source: object,
  bare: () => Promise<number>,
): Promise<Pair> {
  const job = () => completed(connection, readingJob(Source))
  diskAtRest()
  const beforeMs = await bare()
  const jobMs = await timed(job)
  const bareMs = (beforeMs + (await bare())) / 2
  const before = await source.sentBytes()
  await job()
  return { jobMs, bareMs, againBytes: (await source.sentBytes()) - before }
}

/** How long Node alone takes to bring that to the folder. */
async function bareMs(...words: string[]): Promise<number> {
  const script = join(import.meta.dirname, '../bare-reader.ts')
  const child = spawnOnServerCore(process.execPath, ['--conditions=source', script, ...words], process.env)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  await once(child, 'exit')
  return Number(line)
}
