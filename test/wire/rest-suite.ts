import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartDocker, dockerEngine } from '../kit/docker-engine.ts'
import type { TestEngine } from '../kit/engine-process.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { absent, type Version } from '../kit/vectors.ts'
import { endsLate, hasRecordings, type RestCase, recordedAreas, restCases } from './rest-cases.ts'
import { type CompatRow, compatRows, placeOf } from './rest-compat.ts'
import { differences, loadCompare } from './rest-judge.ts'
import { Replay } from './rest-replay.ts'

/**
 * In this order: what wants an empty store comes first, what lists all jobs last. A name stands for one job only in
 * `versions`, which has a cluster of its own.
 */
const areas = [
  'agent',
  'shared',
  'requester',
  'auth',
  'nodes',
  'jobs',
  'get-errors',
  'history',
  'executions',
  'logs',
  'clients',
  'submit-errors',
  'list',
  'versions',
]

type Result = { name: string; found: string[] }
type Pending = { rest: Record<Version, string[]> }

/** Areas that later work brings (test/pending.json, which only gets shorter); they are not replayed. */
const pending = (JSON.parse(readFileSync(resolve(import.meta.dirname, '../pending.json'), 'utf8')) as Pending).rest

/** Replays all recordings of a version; what differs must be a row of docs/compat.md, and every row must be needed. */
export function restSuite(version: Version): void {
  if (!hasRecordings()) return absent(`rest/${version}`)
  const only = process.env.REST_AREAS?.split(',')
  describe(`REST recordings of ${version}`, () => {
    const results = new Map<string, Result[]>()
    let engine: TestEngine | undefined
    const clusters: GoldenCluster[] = []
    const used = new Set<CompatRow>()
    let rows: CompatRow[] = []

    beforeAll(async () => {
      rows = compatRows(`REST against ${version}`)
      engine = canStartDocker() || process.env.DOCKER_HOST ? await dockerEngine() : undefined
      const begin = async (pairs: { key: string; value: string }[] = []): Promise<Replay> => {
        const cluster = await startGoldenCluster({ version, pairs, ...(engine ? { dockerHost: engine.host } : {}) })
        clusters.push(cluster)
        return new Replay(cluster, version)
      }
      const compare = await loadCompare()
      let replay = await begin()
      const chosen = areas.filter((each) => recordedAreas(version).includes(each) && (only?.includes(each) ?? true))
      for (const area of chosen) {
        if (area === 'versions') replay = await begin([{ key: 'Orchestrator.JobNaming', value: 'by-caller' }])
        const done: Result[] = []
        if (area === 'nodes' || area === 'jobs') await replay.waitUntilSettled()
        if (area === 'jobs' && engine)
          for (const later of chosen.slice(chosen.indexOf('jobs') + 1))
            for (const golden of restCases(version, later).filter(endsLate)) await replay.submitEarly(golden)
        for (const golden of inOrder(restCases(version, area))) {
          if (!engine && needsDocker(golden)) continue
          try {
            const { golden: asked, answer } = await replay.replay(golden)
            done.push({ name: golden.name, found: differences(asked, answer, compare) })
          } catch (error) {
            done.push({ name: golden.name, found: [`replay: ${(error as Error).message}`] })
          }
        }
        results.set(area, done)
      }
    }, 900_000)

    afterAll(async () => {
      report(version, results, rows, used)
      await Promise.all(clusters.map((cluster) => cluster.stop()))
      await engine?.stop()
    }, 60_000)

    for (const area of areas) {
      it(`${area} are answered as recorded, but for what was decided`, () => {
        const unlisted = (results.get(area) ?? []).flatMap(({ name, found }) => unlistedOf(name, found, rows, used))
        expect(unlisted.length, `\n${unlisted.join('\n')}\n`).toBe(0)
      })
    }

    it('every recorded area is replayed, or is pending', () => {
      expect(recordedAreas(version).filter((area) => !areas.includes(area))).toEqual(pending[version])
    })

    it('every listed difference is still there', () => {
      if (only || !engine) return
      const idle = rows.filter((row) => !used.has(row)).map(({ cases, where }) => `${cases} ${where}`)
      expect(idle).toEqual([])
    })
  })
}

/** Marks the rows that say why, and gives the differences for which there is none. */
function unlistedOf(
  name: string,
  found: readonly string[],
  rows: readonly CompatRow[],
  used: Set<CompatRow>,
): string[] {
  return found.flatMap((difference) => {
    const row = rows.find((each) => each.matches(name, difference))
    if (row === undefined) return [`${name} ${difference}`]
    used.add(row)
    return []
  })
}

/** What a case does to the cluster decides its place: states before the stop, the stop, states after it. */
function inOrder(cases: readonly RestCase[]): RestCase[] {
  const rank = ({ name, needs }: RestCase): number => {
    const at = stories.indexOf(name)
    if (at >= 0) return 100 + at
    if (needs?.state === 'Stopped' || name === 'logs/stopped-service') return 3
    if (/^jobs\/submit-/.test(name)) return 0
    return /\.stop$/.test(name) ? 2 : 1
  }
  const fixture = ({ area, needs }: RestCase) => (area === 'jobs' ? (needs?.fixture ?? '') : '')
  const half = (each: RestCase): number => (!endsLate(each) ? 1 : rank(each) === 0 ? 0 : 2)
  return cases.toSorted((a, b) => half(a) - half(b) || fixture(a).localeCompare(fixture(b)) || rank(a) - rank(b))
}

/** A node is turned away and taken back. */
const rejection = [
  'reject',
  'reject-already',
  'get-rejected',
  'list-rejected',
  'submit-while-rejected',
  'job-while-rejected',
  'approve-back',
  'get-approved-back',
].map((name) => `nodes/${name}`)

/** A job that changes from version to version, and a service. */
const versions = [
  'submit-v1',
  'diff-same',
  'diff-changed',
  'diff-no-name',
  'diff-unknown-name',
  'diff-empty-body',
  'submit-same',
  'submit-same-force',
  'submit-v3',
  'submit-other-type',
  'get-by-name',
  'get-by-name-other-namespace',
  'get-v1',
  'get-v99',
  'versions',
  'versions-by-name',
  'versions-unknown',
  'executions-latest',
  'executions-all-versions',
  'history-v1',
  'history-all-versions',
  'stop-by-name-completed',
  'rerun',
  'rerun-v1',
  'versions-after-rerun',
  'history-after-rerun',
  'submit-label-change',
  'get-after-label-change',
  'service-v1',
  'service-v2',
  'service-v2-story',
  'service-stop-by-name',
  'service-stopped-story',
  'rerun-stopped-service',
  'service-after-rerun',
  'service-all-executions',
  'rerun-while-queued',
  'rerun-unknown',
  'rerun-v99',
  'write-after-rerun-v99',
].map((name) => `versions/${name}`)

const stories = [...rejection, ...versions]

const needsDocker = ({ area, needs, vars }: RestCase): boolean =>
  area === 'list' ||
  area === 'versions' ||
  (area === 'logs' && vars?.JOB !== undefined && !needs?.fixture) ||
  (needs?.fixture !== undefined && !needs.fixture.startsWith('wasm'))

function report(
  version: string,
  results: Map<string, Result[]>,
  rows: readonly CompatRow[],
  used: Set<CompatRow>,
): void {
  const reasons = new Map<string, number>()
  let [same, all] = [0, 0]
  for (const [area, done] of results) {
    const equal = done.filter(({ found }) => found.length === 0).length
    same += equal
    all += done.length
    console.log(`rest ${version} ${area}: ${equal} of ${done.length} as recorded`)
    for (const { name, found } of done) {
      const decisions = new Set(
        found.map((each) => rows.find((row) => row.matches(name, each))?.decision ?? 'unlisted'),
      )
      for (const decision of decisions) reasons.set(decision, (reasons.get(decision) ?? 0) + 1)
    }
  }
  console.log(
    `rest ${version}: ${same} of ${all} as recorded, ${used.size} of ${rows.length} rows of docs/compat.md used`,
  )
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${count} ${reason}`)
  if (process.env.REST_DUMP) dump(results)
}

function dump(results: Map<string, Result[]>): void {
  for (const done of results.values()) {
    for (const { name, found } of done)
      for (const each of found) console.log(`DIFF ${name} ${placeOf(each)} :: ${each}`)
  }
}
