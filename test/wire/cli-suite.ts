import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartDocker, dockerEngine } from '../kit/docker-engine.ts'
import type { TestEngine } from '../kit/engine-process.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { absent, type Version } from '../kit/vectors.ts'
import { type CliCase, cliCases } from './cli-cases.ts'
import { configDifferences } from './cli-config.ts'
import { fileDifferences } from './cli-files.ts'
import { judge, loadCompare } from './cli-judge.ts'
import { cliCommand } from './cli-process.ts'
import { CliReplay, filesBelow } from './cli-replay.ts'
import { type CompatRow, compatRows } from './rest-compat.ts'

/** What lists all jobs comes last, what starts nodes of its own after it. */
const lateFolders = ['job-list', 'serve']

/** Rows of docs/compat.md that are rules for whole classes of output (cli-rules.ts). */
const everywhere = 'everywhere'

type Result = { name: string; found: readonly string[] }
type Pending = { cli: string[] }

/**
 * Runs every recorded command line of a version. What differs must be a row of docs/compat.md, every row must be needed,
 * and what is pending (test/pending.json, which only gets shorter) must not be there yet.
 */
export function cliSuite(version: Version, judged = ['*']): void {
  const all = cliCases(version)
  if (!all) return absent(`cli/${version}`)
  const cases = judgedCases(all, judged)
  const only = process.env.CLI_FOLDERS?.split(',')
  const folders = [...cases.keys()].sort((a, b) => lateFolders.indexOf(a) - lateFolders.indexOf(b))
  const pending = JSON.parse(readFileSync(resolve(import.meta.dirname, '../pending.json'), 'utf8')) as Pending
  const isPending = ({ case: name }: CliCase) => pending.cli.some((pattern) => glob(pattern).test(name))

  describe(`command line recordings of ${version}`, () => {
    const results = new Map<string, Result[]>()
    const arrived: string[] = []
    const rows = compatRows(`CLI against ${version}`)
    const used = new Set<CompatRow>()
    const usedRules = new Set<string>()
    let engine: TestEngine | undefined
    let cluster: GoldenCluster | undefined
    let replay: CliReplay | undefined

    beforeAll(async () => {
      const hasDocker = canStartDocker() || process.env.DOCKER_HOST !== undefined
      engine = hasDocker ? await dockerEngine() : undefined
      cluster = await startGoldenCluster({
        ...(engine ? { dockerHost: engine.host } : {}),
        version,
        pairs: [{ key: 'Orchestrator.JobNaming', value: version === 'v1.4.0' ? 'independent' : 'by-caller' }],
      })
      replay = new CliReplay(cluster, version)
      const compare = await loadCompare()
      await replay.settle()
      const asked = folders.filter((each) => only?.includes(each) ?? true)
      const casesIn = (folder: string): CliCase[] =>
        (cases.get(folder) ?? []).filter((recorded) => hasDocker || !needsDocker(recorded))
      for (const folder of asked) for (const recorded of casesIn(folder)) replay.submitEarly(folder, recorded)
      for (const folder of asked) {
        const done: Result[] = []
        for (const recorded of casesIn(folder)) {
          const startMs = performance.now()
          const found = await differences(recorded, folder)
          if (process.env.CLI_TRACE) console.log(recorded.case, `${Math.round(performance.now() - startMs)} ms`)
          if (!isPending(recorded)) done.push({ name: recorded.case, found })
          else if (found.length === 0) arrived.push(recorded.case)
        }
        results.set(folder, done)
      }

      async function differences(recorded: CliCase, folder: string): Promise<readonly string[]> {
        try {
          const others = all?.get(folder) ?? []
          const { golden, ours, files, dataDir } = await (replay as CliReplay).replay(folder, recorded, others)
          const { differences: found, used: rules } = judge(golden, ours, compare)
          for (const name of rules) usedRules.add(name)
          if (folder === 'profile') {
            return [...found, ...fileDifferences(golden, filesBelow(dataDir, 'profiles'), compare.mask)]
          }
          if (folder === 'job-get') return [...found, ...fileDifferences(golden, files, compare.mask)]
          return folder === 'config' ? [...found, ...configDifferences(dataDir, recorded)] : found
        } catch (error) {
          return [`replay: ${String(error)}`]
        }
      }
    }, 900_000)

    afterAll(async () => {
      report(version, results, rows, used)
      await replay?.close()
      await cluster?.stop()
      await engine?.stop()
    }, 60_000)

    for (const folder of folders) {
      it(`${folder}: prints what was recorded, but for what was decided`, () => {
        const unlisted = (results.get(folder) ?? []).flatMap(({ name, found }) =>
          found.flatMap((difference) => {
            const row = rows.find((each) => each.matches(name, difference))
            if (row === undefined) return [`${name} ${difference}`]
            used.add(row)
            return []
          }),
        )
        expect(unlisted.length, `\n${unlisted.join('\n')}\n`).toBe(0)
      })
    }

    it('every listed difference is still there', () => {
      if (only) return
      const unused = rows.filter((row) => row.cases !== everywhere && !used.has(row))
      expect(unused.map(({ cases: name, where }) => `${name} ${where}`)).toEqual([])
    })

    it('every rule that holds everywhere is listed and needed', () => {
      if (only) return
      const listed = rows.filter((row) => row.cases === everywhere).map(({ where }) => where)
      expect([...usedRules].sort()).toEqual(listed.sort())
    })

    it('nothing that is pending is there already', () => {
      expect(arrived).toEqual([])
    })
  })
}

/** The cases that this version judges, by folder. */
const judgedCases = (all: ReadonlyMap<string, CliCase[]>, judged: readonly string[]): Map<string, CliCase[]> =>
  new Map(
    [...all].flatMap(([folder, list]) => {
      const own = list.filter((each) => judged.some((pattern) => glob(pattern).test(each.case)))
      return own.length === 0 ? [] : [[folder, own]]
    }),
  )

const glob = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`)

/** Jobs that run in containers, and lists that show them. */
const needsDocker = ({ case: name, argv, files = [], needs }: CliCase): boolean => {
  if (argv.includes('--dry-run') || argv.includes('validate')) return false
  if (needs?.fixture) return !needs.fixture.startsWith('wasm')
  if (name.startsWith('job-list/')) return true
  return argv[2] === 'run' && argv[1] !== 'wasm' && !files.some((file) => /^(bad|wasm)/.test(file))
}

function report(
  version: string,
  results: Map<string, Result[]>,
  rows: readonly CompatRow[],
  used: Set<CompatRow>,
): void {
  let [same, all] = [0, 0]
  for (const [folder, done] of results) {
    const equal = done.filter(({ found }) => found.length === 0).length
    same += equal
    all += done.length
    console.log(`cli ${version} ${folder}: ${equal} of ${done.length} as recorded`)
  }
  const program = cliCommand.length === 1 ? 'the executable' : 'the sources'
  console.log(
    `cli ${version} (${program}): ${same} of ${all} as recorded, ${used.size} of ${rows.filter(({ cases }) => cases !== everywhere).length} rows used`,
  )
}
