import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, messageOf } from '#lib/fault.ts'
import { askedClients } from './judges/asked-clients.ts'
import { startCluster } from './judges/cluster.ts'
import { commandLine } from './judges/command-line.ts'
import { computeNode } from './judges/compute-node.ts'
import { type Client, hasFailed, type Judged } from './judges/judge.ts'
import { orchestrator } from './judges/orchestrator.ts'
import { countLine, outcome, page } from './judges/page.ts'
import { pythonSdk } from './judges/python-sdk.ts'
import { wasmPrograms } from './judges/wasm-programs.ts'

/**
 * `npm run judges -- --cli PATH … --node PATH … --orchestrator PATH … --wasi DIR … --python DIR`: real clients, nodes and
 * orchestrators of Bacalhau in clusters with the built product, and programs that others wrote for WASM. Prints what they saw, and writes it to docs/judges.md; who is not given keeps
 * what stands there.
 */
const calledFrom = process.env['INIT_CWD'] ?? process.cwd()
const pageFile = join(import.meta.dirname, '../docs/judges.md')

/** The clients that a release is judged by, as their names begin. */
const wanted = [
  'Command line 1.4',
  'Command line 1.9',
  'Python SDK',
  'Compute node 1.4',
  'Compute node 1.9',
  'Orchestrator 1.4',
  'Orchestrator 1.9',
  'WASI testsuite',
  'Sample WASM modules',
]

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort())

try {
  const { cli, nodes, orchestrators, wasi, python } = askedClients(process.argv.slice(2), calledFrom)
  const clients = [
    ...cli.map(commandLine),
    ...(python === undefined ? [] : [pythonSdk(python)]),
    ...nodes.map(computeNode),
    ...orchestrators.map(orchestrator),
    ...wasi.map(wasmPrograms),
  ]
  const absent = wanted.filter((start) => !clients.some(({ name }) => name.startsWith(start)))
  const judged: Judged[] = []
  for (const client of clients) judged.push(await judgedBy(client))
  writeFileSync(pageFile, page(judged, wanted, readFileSync(pageFile, 'utf8'), new Date()))
  console.log('')
  for (const name of absent) console.log(`${name}: not given, so not run`)
  for (const { client, verdicts } of judged) console.log(`${client}: ${countLine(verdicts)}`)
  process.exitCode = judged.some(({ verdicts }) => verdicts.some(hasFailed)) ? 1 : 0
} catch (error) {
  console.error(interrupted.signal.aborted ? 'Interrupted.' : `Error: ${messageOf(error)}`)
  if (error instanceof Fault && error.hint) console.error(`Hint: ${error.hint}`)
  process.exitCode = 1
}

/** Each client gets a cluster of its own, so that none sees the jobs of another. */
async function judgedBy({ name, judge }: Client): Promise<Judged> {
  console.log(`\n${name}`)
  const cluster = await startCluster()
  try {
    interrupted.signal.throwIfAborted()
    const verdicts = await judge({
      cluster,
      signal: interrupted.signal,
      tell: (verdict) => console.log(`  ${verdict.use}: ${outcome(verdict)}`),
    })
    return { client: name, commit: cluster.commit, verdicts }
  } finally {
    await cluster.stop()
  }
}
