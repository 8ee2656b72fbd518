import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { Connection } from '../connection.ts'
import type { Figure } from '../figures.ts'
import { toolJob } from '../flood.ts'
import { end, submit } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { executable, Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const run = promisify(execFile)
const blockBytes = 64 * 1024 * 1024

/** Results that came to the orchestrator, fetched by `job get`; beside it a bare client that unpacks what comes, one result after the other. */
export const b10r: Scenario = {
  id: 'B10r',
  about: 'results by job get',
  async measure({ runs, scale }) {
    const blocks = Math.ceil(8 * scale)
    const results = Math.ceil(200 * scale)
    const taken = await series(runs, () => oneRun(blocks, results))
    const figure = (what: string, unit: string, value: (run: Run) => number): Figure => ({
      id: 'B10r',
      what,
      unit,
      runs: taken.map(value),
    })
    const megabytes = (blocks * blockBytes) / 1e6
    return [
      figure('one large result', 'MB/s', ({ large }) => (1000 * megabytes) / large.getMs),
      figure('the same against a bare client', 'x', ({ large }) => large.bareMs / large.getMs),
      figure('small results of one job', '/s', ({ many }) => (1000 * results) / many.getMs),
      figure('the same against a bare client', 'x', ({ many }) => many.bareMs / many.getMs),
    ]
  },
}

type Pair = { getMs: number; bareMs: number }
type Run = { large: Pair; many: Pair }

async function oneRun(blocks: number, results: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-results-'))
  const content = join(folder, 'content')
  for (let block = 0; block < blocks; block++) await appendFile(content, randomBytes(blockBytes))
  const product = await Product.start('hybrid', { flags: ['-c', `Compute.AllowListedLocalPaths=${folder}/**`] })
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        const Source = { Type: 'localDirectory', Params: { SourcePath: content } }
        const InputSources = [{ Source, Target: '/content' }]
        const Publisher = { Type: 'link' }
        const large = await finished(connection!, toolJob(['cat', '/content'], { Publisher, InputSources }))
        const job = { ...toolJob(['print', 'small', '', '0'], { Publisher }), Count: results }
        const many = await finished(connection!, job)
        return {
          large: await pair(product, connection!, large, folder, blocks * blockBytes),
          many: await pair(product, connection!, many, folder, 'small'.length * results),
        }
      },
    )
  } finally {
    await product.remove()
    await rm(folder, { recursive: true })
  }
}

async function finished(connection: Connection, job: Record<string, unknown>): Promise<string> {
  const id = await submit(connection, job)
  const { State } = await end(connection, id)
  if (State.StateType !== 'Completed') throw new Error(`job ${id} ${State.StateType}: ${State.Message}`)
  return id
}

async function pair(
  product: Product,
  connection: Connection,
  id: string,
  folder: string,
  stdoutBytes: number,
): Promise<Pair> {
  const into = join(folder, id)
  const env = { ...process.env, BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(product.port) }
  await mkdir(into)
  const getMs = await timed(() => run(executable, ['job', 'get', id, '--output-dir', into], { env }))
  const { size } = await stat(join(into, 'stdout'))
  if (size !== stdoutBytes) throw new Error(`the stdout of ${id} came with ${size} bytes, not ${stdoutBytes}`)
  return { getMs, bareMs: await timed(() => bare(connection, id, join(folder, `${id}-bare`))) }
}

/** As one would do it without us. */
async function bare(connection: Connection, id: string, folder: string): Promise<void> {
  const { body } = await connection.ask('GET', `/api/v1/orchestrator/jobs/${id}/results`)
  const { Items } = JSON.parse(body) as { Items: { Params: { URL: string } }[] }
  for (const [at, { Params }] of Items.entries()) {
    const into = join(folder, String(at))
    await mkdir(into, { recursive: true })
    const tar = spawn('tar', ['-xzf', '-', '-C', into], { stdio: ['pipe', 'inherit', 'inherit'] })
    const over = once(tar, 'exit')
    const answer = await fetch(Params.URL)
    await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), tar.stdin)
    await over
    await readFile(join(into, 'exitCode'))
  }
}
