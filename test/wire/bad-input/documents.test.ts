import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from '../../kit/command-line.ts'
import { type GoldenCluster, startGoldenCluster } from '../../kit/golden-cluster.ts'
import { plainHttp } from '../../kit/plain-http.ts'
import { hasRecordings, recordedAreas, restCases } from '../rest-cases.ts'
import { complaint, unclear } from './judge.ts'
import { mutatedBody } from './mutate-body.ts'
import { oddText } from './odd-values.ts'
import { replay, sampleOf } from './seed.ts'
import { seedBodies } from './seed-bodies.ts'
import { inParallel, sendRaw } from './send.ts'
import { bytesOf, type WireRequest } from './wire-request.ts'

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

const { get } = plainHttp(() => cluster.port)

const put = (body: string, contentType: string): WireRequest => ({
  method: 'PUT',
  target: '/api/v1/orchestrator/jobs/diff',
  headers: [['Content-Type', contentType]],
  body,
  framing: 'length',
})

async function complaints(requests: readonly WireRequest[]): Promise<string[]> {
  const found: string[] = []
  await inParallel(requests, async (request) => {
    const what = complaint(request, await sendRaw(cluster.port, bytesOf(request)))
    if (what !== undefined) found.push(`${what}\n    ${JSON.stringify(request).slice(0, 1_000)}`)
  })
  return found
}

/** Bodies that clients of the reference sent, each once. */
const recordedBodies = (): string[] => [
  ...new Set(
    (['v1.4.0', 'v1.9.3'] as const).flatMap((version) =>
      recordedAreas(version).flatMap((area) => restCases(version, area).map(({ request }) => request.body ?? '')),
    ),
  ),
]

/** A job file with every kind of YAML in it. */
const jobFile = [
  'name: &name whole # a name',
  'type: batch',
  'count: 1',
  'labels: {a: "b", c: \'d\'}',
  'meta:',
  '  text: |',
  '    two',
  '    lines',
  '  folded: >-',
  '    one',
  '    line',
  'constraints:',
  '- {key: never, operator: exists}',
  'tasks:',
  '- name: *name',
  '  engine: {type: docker, params: {image: busybox, parameters: [a, 1, 0x10, 1_000, ~, yes, 2001-01-01]}}',
  '  timeouts: {totalTimeout: 600}',
  '',
].join('\n')

/** Texts that YAML reads in its own way: bombs, loops, tags, documents, depth. */
const oddYaml = fc.constantFrom(
  '&a [*a]',
  `[${Array.from({ length: 20 }, (_, at) => `&x${at} [${at > 0 ? `*x${at - 1},`.repeat(10) : '1'}]`).join(', ')}]`,
  '!!binary "?"',
  '!!python/object:os.system x',
  '<<: *name',
  '<<: {a: 1}',
  '? [a, b]: c',
  '\n---\n',
  '\n...\n',
  '%YAML 9.9\n---\n',
  '\t',
  '*none',
  '"\\xzz"',
  `${'- '.repeat(5_000)}a`,
  `${'[ '.repeat(5_000)}a`,
  `\n${Array.from({ length: 1_200 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')}`,
  '{a: 1, a: 2}',
  '.inf',
  '.nan',
  '0o777',
  '1:30',
)

const mutatedYaml = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.nat({ max: jobFile.length }), oddYaml).map(inserted) },
  { weight: 2, arbitrary: fc.tuple(fc.nat({ max: jobFile.length }), oddText).map(inserted) },
  { weight: 4, arbitrary: fc.tuple(fc.nat({ max: 30 }), fc.oneof(oddYaml, oddText)).map(revalued) },
  { weight: 1, arbitrary: fc.nat({ max: jobFile.length }).map((at) => jobFile.slice(0, at)) },
)

function inserted([at, text]: [number, string]): string {
  return jobFile.slice(0, at) + text + jobFile.slice(at)
}

/** Another value behind one of the colons. */
function revalued([which, text]: [number, string]): string {
  let seen = 0
  return jobFile.replace(/: [^\n,}]+/g, (value) => (seen++ === which ? `: ${text}` : value))
}

describe('documents that are wrong', () => {
  it.skipIf(!hasRecordings())(
    'are refused in words: what clients of the reference sent, changed [R78, R88]',
    async () => {
      const bodies = recordedBodies()
      const requests = bodies.flatMap((body) =>
        sampleOf(body, mutatedBody(body), 6).map((each) => put(each, 'application/json')),
      )
      expect(await complaints(requests), replay('recorded bodies', requests.length)).toEqual([])
      expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
    },
  )

  it('are refused in words: job files in YAML, changed [R80, R88]', async () => {
    const requests = sampleOf('yaml', mutatedYaml, 300).map((text) => put(text, 'application/yaml'))
    expect(await complaints(requests), replay('bodies in YAML', requests.length)).toEqual([])
  })

  it('are refused in words by the command line, and nothing of them is submitted [R88]', async () => {
    const line = commandLine()
    const texts = [
      ...sampleOf('file', mutatedYaml, 150),
      ...sampleOf('json', mutatedBody(JSON.stringify(seedBodies.Submit[1])), 50),
    ]
    const found: string[] = []
    for (const text of texts) {
      writeFileSync(join(line.cwd, 'job.yaml'), text)
      for (const args of [
        ['job', 'validate', 'job.yaml'],
        ['job', 'run', '--dry-run', 'job.yaml'],
      ]) {
        const run = await line.run(args).catch((error: Error) => error)
        if (run instanceof Error) found.push(`a bug: ${run.stack?.slice(0, 600)}\n${text.slice(0, 500)}`)
        else if (run.code !== 0) {
          const what = run.code === 1 ? unclear(run.stderr + run.stdout, text) : `exit code ${run.code}`
          if (what !== undefined) found.push(`${what}\n${text.slice(0, 500)}`)
        }
      }
    }
    expect(found, replay('job files', texts.length)).toEqual([])
    expect((await get('/orchestrator/jobs')).json.Items).toEqual([])
  })

  it('are refused in words by the command line: configuration files, changed', async () => {
    const config = ['API:', '  Host: 127.0.0.1', '  Port: 1', 'Labels: {a: b}', 'Compute:', '  Enabled: true', ''].join(
      '\n',
    )
    const line = commandLine()
    const files = fc.tuple(fc.nat({ max: config.length }), fc.oneof(oddYaml, oddText))
    const found: string[] = []
    for (const [at, text] of sampleOf('config', files, 150)) {
      writeFileSync(join(line.cwd, 'config.yaml'), config.slice(0, at) + text + config.slice(at))
      const run = await line.run(['config', 'list', '-c', 'config.yaml']).catch((error: Error) => error)
      const what = run instanceof Error ? run.stack : run.code === 0 ? undefined : unclear(run.stderr, text)
      if (what !== undefined) found.push(`${what.slice(0, 600)}\n${at} ${text.slice(0, 300)}`)
    }
    expect(found).toEqual([])
  })
})
