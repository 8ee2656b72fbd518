import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addCounts, type Counts } from '../../../tools/start/counts.ts'
import { BuiltProduct } from '../../kit/built-product.ts'
import { plainCount, textsOf } from './plain-count.ts'

const root = join(import.meta.dirname, '../../..')
const example = join(root, 'examples/word-count')

const product = new BuiltProduct()
const texts = join(product.folder, 'texts')
const files = 11

beforeAll(() => {
  mkdirSync(join(texts, 'deep/er'), { recursive: true })
  for (let n = 0; n < files; n++) writeFileSync(join(texts, n % 3 ? '' : 'deep/er', `${n}.txt`), textWith(n))
})
afterAll(() => product.close())

/** Everything words are made of, and what ends them: bytes of no encoding, apostrophes, words beyond the longest. */
const textWith = (n: number): Buffer =>
  Buffer.concat([
    Buffer.from(`It's '${n}' ''quoted'' rock'n'roll' — naïve ÄÖ Äö don’t\r\nthe THE The\t${'x'.repeat(n * 50)} a''b `),
    Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x42, 0x0b]),
    Buffer.from(`${'word '.repeat(n * 1000)}${'y'.repeat(253)}''y last${n}`),
  ])

/** As README.md and the job file say it: a cluster, the job, its results. */
it('counts as an ordinary job what a plain count finds, each part on its own [R43, R162, F1, I9]', async () => {
  const allowed = ['--allow-listed-local-paths', texts, '--allow-listed-local-paths', join(example, 'word-count.wasm')]
  const cluster = product.start(['devstack', '--computes', '3', ...allowed])
  const [, port] = await cluster.says(/CLIENTAPI_PORT=(\d+)/)
  const env = { BACALHAU_API_PORT: port }
  const variables = ['-V', `texts=${texts}`, '-V', `module=${join(example, 'word-count.wasm')}`]
  const ran = await product.run(['job', 'run', ...variables, join(example, 'word-count.yaml')], env)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  const id = /Job ID: (\S+)/.exec(ran.stdout)?.[1] as string

  const listed = await product.run(['job', 'executions', '--output', 'json', id], env)
  const executions = JSON.parse(listed.stdout) as {
    NodeID: string
    PartitionIndex?: number
    RunOutput: { stderr: string }
  }[]
  expect(executions.map((each) => each.PartitionIndex ?? 0).sort()).toEqual([0, 1, 2, 3])
  expect(new Set(executions.map((each) => each.NodeID)).size).toBeGreaterThan(1)
  const counted = executions.map(({ RunOutput }) => Number(/: (\d+) of 11 files/.exec(RunOutput.stderr)?.[1]))
  expect(counted.sort()).toEqual([2, 3, 3, 3])

  const got = await product.run(['job', 'get', id], env)
  expect(got.code, got.stderr).toBe(0)
  const folder = join(product.folder, `job-${id.slice(0, 10)}`)
  const parts = readdirSync(folder).filter((name) => name.startsWith('e-'))
  const merged: Counts = new Map()
  for (const part of parts) addCounts(merged, readFileSync(join(folder, part, 'outputs/words')))
  expect(sorted(merged)).toEqual(sorted(plainCount(textsOf(paths()))))
  expect(await cluster.end()).toMatchObject({ code: 0, signal: null })
})

const sorted = (counts: Map<string, number>): [string, number][] => [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
const paths = (): string[] => Array.from({ length: files }, (_, n) => join(texts, n % 3 ? '' : 'deep/er', `${n}.txt`))
