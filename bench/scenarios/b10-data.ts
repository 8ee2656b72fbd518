import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connection } from '../connection.ts'
import { atLeast, atMost, type Figure } from '../figures.ts'
import { toolJob } from '../flood.ts'
import { completed } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const atOnce = 16
const objectBytes = 100_000

/** Inputs by URL and from S3 as a job gets them, beside a bare client on the same core count, and a second job with the same. */
export const b10: Scenario = {
  id: 'B10',
  about: 'inputs from the web and from S3',
  async measure({ runs, scale }) {
    const fileBytes = Math.ceil(1024 * scale) * 1024 * 1024
    const objects = Math.ceil(2_000 * scale)
    const taken = await series(runs, () => oneRun(fileBytes, objects))
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
        'objects of 100 KB from S3',
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
type Run = { url: Pair; s3: Pair }

async function oneRun(fileBytes: number, objects: number): Promise<Run> {
  const source = await DataServer.start(objects)
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-data-'))
  const product = await Product.start('hybrid', {
    flags: ['-c', `Compute.S3.TrustedEndpoints=${source.url}`, '-c', 'Compute.InputCache.MaxSize=20GB'],
    env: { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' },
  })
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        await completed(connection!, toolJob(['print', 'warm', '', '0']))
        const URL = `${source.url}/file/${fileBytes}`
        const Bucket = { Bucket: 'bucket', Key: 'in/', Endpoint: source.url, Region: 'us-east-1' }
        const bareFile = () => toFile(URL, join(folder, 'file'))
        const bareObjects = () => allToFiles(source.url, objects, folder)
        return {
          url: await pair(connection!, source, { Type: 'urlDownload', Params: { URL } }, bareFile),
          s3: await pair(connection!, source, { Type: 's3', Params: Bucket }, bareObjects),
        }
      },
    )
  } finally {
    await product.remove()
    await source.stop()
    await rm(folder, { recursive: true })
  }
}

async function pair(
  connection: Connection,
  source: DataServer,
  Source: object,
  bare: () => Promise<unknown>,
): Promise<Pair> {
  const job = () =>
    completed(connection, toolJob(['print', 'read', '', '0'], { InputSources: [{ Source, Target: '/in' }] }))
  const bareMs = await timed(bare)
  const jobMs = await timed(job)
  const before = await source.sentBytes()
  await job()
  return { jobMs, bareMs, againBytes: (await source.sentBytes()) - before }
}

async function allToFiles(url: string, objects: number, folder: string): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < objects) {
      const name = String(next++).padStart(6, '0')
      const bytes = Buffer.from(await (await fetch(`${url}/bucket/in/${name}`)).arrayBuffer())
      await writeFile(join(folder, name), bytes)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function toFile(url: string, path: string): Promise<void> {
  const { body } = await fetch(url)
  await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path))
}

class DataServer {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, port: string) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
  }

  /** On the core of the load. */
  static async start(objects: number): Promise<DataServer> {
    const args = [
      '--conditions=source',
      join(import.meta.dirname, '../data-server.ts'),
      String(objects),
      String(objectBytes),
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    return new DataServer(child, line.toString().trim())
  }

  async sentBytes(): Promise<number> {
    return Number(await (await fetch(`${this.url}/sent`)).text())
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}
