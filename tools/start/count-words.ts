import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../run.ts'
import { countedParts, fetchCounts, type Part, submitCount } from './count-job.ts'
import { areSame, type Counts } from './counts.ts'
import { whyNoContainer } from './docker-image.ts'
import { collectInput } from './input.ts'
import { apart, bacalhau, type Product, startCluster } from './product.ts'
import { answerLines, inputText, partLines } from './report.ts'
import type { Stages } from './stages.ts'

export type Surroundings = {
  root: string
  /** Folder for everything that is made. */
  scratch: string
  stages: Stages
  print(...lines: string[]): void
  signal: AbortSignal
}

const computes = 3
const parts = 6

/** Counts the words of a folder on a cluster of its own, and prints the answer. */
export async function countWordsOf(folder: string, around: Surroundings): Promise<void> {
  const { root, scratch, stages, print, signal } = around
  const texts = join(scratch, 'texts')
  const env = { ...userEnvironment(), HOME: scratch, TMPDIR: scratch, BACALHAU_DIR: join(scratch, 'client') }
  const input = await stages.run('collect input', folder, () => collectInput(folder, texts))
  print(`  ${inputText(input)}`)
  await stages.run('build', 'dist/bacalhau', () =>
    run('node', ['--conditions=source', join(root, 'tools/build.ts'), '--bundle-only'], { ...apart, env, signal }),
  )
  copyFileSync(join(root, 'examples/word-count/word-count.wasm'), join(scratch, 'word-count.wasm'))
  const product = { executable: join(root, 'dist/bacalhau'), env, signal }
  const nodes = ['--computes', String(computes), '--stack-repo', join(scratch, 'cluster')]
  const cluster = await stages.run('cluster start', `an orchestrator and ${computes} compute nodes`, () =>
    startCluster(product, [...nodes, '--allow-listed-local-paths', `${scratch}/**`]),
  )
  try {
    const client = { ...product, env: { ...env, BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: `${cluster.port}` } }
    const counts = await countOnce('', client, input.files, around)
    print('', ...answerLines(counts), '')
    await compareWithContainer(counts, client, input.files, around)
  } finally {
    await cluster.stop()
  }
}

/** Submits word-count or word-count-docker, follows it, and adds up its results. */
async function countOnce(
  suffix: '' | '-docker',
  product: Product,
  files: number,
  around: Surroundings,
): Promise<Counts> {
  const { root, scratch, stages, print, signal } = around
  const file = join(root, `examples/word-count/word-count${suffix}.yaml`)
  const values = { parts, texts: join(scratch, 'texts'), module: join(scratch, 'word-count.wasm') }
  const job = await stages.run(`job${suffix}`, `bacalhau job run word-count${suffix}.yaml`, async () => {
    const submitted = await submitCount(product, file, values)
    try {
      const tell = (done: number) => print(`  ${done} of ${parts} parts done`)
      return { id: submitted.id, ran: await countedParts(submitted, signal, tell) }
    } catch (error) {
      await bacalhau({ ...product, signal: unstoppable }, ['job', 'stop', '--quiet', submitted.id]).catch(() => {})
      throw error
    }
  })
  print(...partLines(job.ran))
  checkFiles(job.ran, files)
  const folder = join(scratch, `results${suffix}`)
  return stages.run(`results${suffix}`, `bacalhau job get ${job.id}`, () => fetchCounts(product, job.id, folder))
}

const unstoppable = new AbortController().signal

function checkFiles(ran: readonly Part[], files: number): void {
  const counted = ran.reduce((sum, part) => sum + part.files, 0)
  if (counted !== files) throw new Error(`the parts counted ${counted} files of ${files}`)
}

/** The same count by the tools of a container, where an engine is at hand: both answers must be the same. */
async function compareWithContainer(
  counts: Counts,
  product: Product,
  files: number,
  around: Surroundings,
): Promise<void> {
  const reason = await whyNoContainer(product.env, around.signal)
  if (reason) return around.print(`The same in a container is left out: ${reason}`)
  const again = await countOnce('-docker', product, files, around)
  if (!areSame(counts, again)) throw new Error('the container counted other words than the WASM program')
  around.print('The container counted the same.')
}

/** Settings of the user's own nodes and clients have no say here. */
const userEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:BACALHAU_|LOG_LEVEL$)/.test(name)))
