import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { goldensDir } from '../kit/vectors.ts'

/** One recorded run of the command line; the README of the recordings explains the fields. */
export type CliCase = {
  case: string
  version: string
  argv: readonly string[]
  env?: Readonly<Record<string, string | null>>
  stdin?: string
  files?: readonly string[]
  needs?: { fixture?: string; state?: string }
  vars?: Readonly<Record<string, string>>
  pty?: { cols: number; rows: number }
  signal?: NodeJS.Signals
  signalAfterMs?: number
  exit: number
  stdout?: string
  stderr?: string
  stdoutLines?: number
  stdoutFirstLine?: string
  after?: { files?: readonly (string | { path: string; text?: string })[] }
}

/** Cases that make further versions, and those that saw them. */
const recordedLate = ['rerun', 'rerun-version-1', 'rerun-id-only', 'executions-all', 'history-all'].map(
  (name) => `job-versions/${name}`,
)

/** The recordings of a version by folder (`job-run`), or undefined when they are absent. */
export function cliCases(version: string): Map<string, CliCase[]> | undefined {
  const root = join(goldensDir(), 'cli', version)
  if (!existsSync(root)) return undefined
  const folders = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory())
  return new Map(
    folders.map((folder) => [
      folder,
      readdirSync(join(root, folder))
        .map((file) => JSON.parse(readFileSync(join(root, folder, file), 'utf8')) as CliCase)
        .sort((a, b) => recordedLate.indexOf(a.case) - recordedLate.indexOf(b.case)),
    ]),
  )
}

/** The folder whose files lie in the working directory of a recorded run. */
export const fixturesDir = (version: string): string => join(goldensDir(), 'cli/fixtures', version)

/** The submission of a job that recordings speak of. */
export const jobFixture = (version: string, name: string): string =>
  readFileSync(join(goldensDir(), 'rest/fixtures', version, `${name}.json`), 'utf8')

/** Whether the recorder stopped the job of a fixture, because it does not end by itself, before it looked at it. */
export const wasStopped = (version: string, fixture: string): boolean =>
  existsSync(join(goldensDir(), 'rest', version, 'jobs', `${fixture}.stop.json`))
