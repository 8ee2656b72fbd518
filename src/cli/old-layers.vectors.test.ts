import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../../test/kit/command-line.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'

type Layers = { file: string | null; env: Record<string, string>; flags: string[] }
type Values = Record<string, unknown>

/** What the reference was always run with. */
const usual = {
  BACALHAU_API_HOST: '127.0.0.1',
  BACALHAU_NODE_CLIENTAPI_HOST: '127.0.0.1',
  BACALHAU_UPDATE_SKIPCHECKS: '1',
}

/** The file, the environment and flags of 1.4 to what `config list` shows under the keys of 1.4. */
async function listed({ file, env, flags }: Layers): Promise<Values> {
  const { run, dataDir } = commandLine()
  mkdirSync(dataDir)
  if (file !== null) writeFileSync(join(dataDir, 'config.yaml'), file)
  const world = { env: { ...usual, ...env } }
  const { code, stdout, stderr } = await run([...flags, 'config', 'list', '--output', 'json'], world)
  if (code !== 0) throw new Error(stderr)
  return Object.fromEntries(
    (JSON.parse(stdout) as { Key: string; Value: unknown }[]).map((row) => [row.Key, row.Value]),
  )
}

/** Values in the words of ours: the defaults of today where nothing was given, words for numbers, names in any case. */
const inOurWords: Readonly<Record<string, (theirs: any) => unknown>> = {
  'update.checkfrequency': () => 0,
  'node.network.orchestrators': (theirs) => theirs ?? ['nats://127.0.0.1:4222'],
  'node.compute.jobselection.locality': (theirs) => (theirs === 1 ? 'anywhere' : theirs),
  'node.requester.jobdefaults.totaltimeout': (theirs) => (theirs === 1_800_000_000_000 ? 0 : theirs),
  'node.compute.executionstore.type': (theirs) => (theirs === 1 ? '' : theirs),
  'node.type': (theirs: string[]) => theirs.flatMap((each) => each.split(',')),
}

const lower = (value: unknown): string => JSON.stringify(value).toLowerCase()

/** Refused by ours, where 1.4 takes a zero or goes on: wrong types, a name in two ways, sections that are none. */
const isRefused = ({ in: { file, env } }: VectorCase): boolean =>
  env.BACALHAU_NODE_CLIENTAPI_PORT === 'zz' ||
  env.BACALHAU_API_HOST === 'envh' ||
  /notanumber|^: bad|^- a|^Node: 5/.test(file ?? '')
/** 1.4 fails on a map in the environment. */
const hasMap = ({ in: { env } }: VectorCase): boolean => 'BACALHAU_NODE_LABELS' in env

describeVectors('config-merge.v1.4.0.json', listed, {
  skip: (vector) => isRefused(vector) || hasMap(vector),
  isSame: (ours, theirs) =>
    Object.entries(theirs as Values).every(
      ([key, value]) => lower((ours as Values)[key]) === lower(inOurWords[key]?.(value) ?? value),
    ),
})
