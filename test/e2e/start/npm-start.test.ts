import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { mostFrequent, textOf, total } from '../../../tools/start/counts.ts'
import { processesOf } from '../../kit/processes-of.ts'
import { Program } from '../../kit/program.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { filesBelow, plainCount, textsOf } from './plain-count.ts'

const root = join(import.meta.dirname, '../../..')

let outside: string
let temporary: string
beforeAll(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-npm-start-')))
  for (const name of ['empty', 'binary', 'texts']) mkdirSync(join(outside, name))
  writeFileSync(join(outside, 'file.txt'), 'one')
  writeFileSync(join(outside, 'binary/zeros'), Buffer.alloc(100))
  for (let n = 0; n < 9; n++)
    writeFileSync(join(outside, 'texts', `${n}.md`), `Some words in text ${n}, naïve or not.\n`)
  symlinkSync('loop', join(outside, 'loop'))
})
afterAll(() => rmSync(outside, { recursive: true, force: true }))
beforeEach(() => {
  temporary = mkdtempSync(join(outside, 'tmp-'))
})
/** Whatever happened: no file and no process is left. */
afterEach(() => {
  expect(readdirSync(temporary)).toEqual([])
  expect(processesOf(temporary)).toEqual([])
})

const npmStart = (args: string[], env: NodeJS.ProcessEnv = {}): Program =>
  new Program('node', [join(root, 'tools/with-node.mjs'), 'tools/start.ts', ...args], {
    cwd: outside,
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: outside,
      TMPDIR: temporary,
      INIT_CWD: outside,
      DOCKER_HOST: 'unix:///none',
      ...env,
    },
  })

const number = (value: number): string => value.toLocaleString('en')

describe('npm start', () => {
  it('counts the words of what packages say about themselves, and shows how to do it by hand', async () => {
    const { code, stdout, stderr } = await npmStart([]).ended
    expect(code, stderr).toBe(0)
    const said = /(?:^|\/)(?:readme|licen[sc]e|changelog|history)(?:[.-][^/]*)?$/i
    const wanted = filesBelow(join(root, 'node_modules')).filter((path) => said.test(path))
    const texts = textsOf(wanted).filter((text) => text.length > 0)
    const counts = plainCount(texts)
    expect(stdout).toContain(
      `${number(texts.length)} files, ${number(texts.reduce((sum, each) => sum + each.length, 0))} bytes`,
    )
    expect(stdout).toContain(`${number(total(counts))} words, ${number(counts.size)} different ones.`)
    for (const [word, count] of mostFrequent(counts, 15)) {
      expect(stdout).toMatch(new RegExp(`^ +${number(count)}  ${RegExp.escape(textOf(word))}$`, 'm'))
    }
    const parts = [...stdout.matchAll(/^ +(\d) {2}(node-\d) +(\d+) /gm)]
    expect(parts.map(([, part]) => part)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(new Set(parts.map(([, , node]) => node)).size).toBeGreaterThan(1)
    expect(parts.reduce((sum, [, , , files]) => sum + Number(files), 0)).toBe(texts.length)
    for (const stage of ['install', 'collect input', 'build', 'cluster start', 'job', 'results', 'in all']) {
      expect(stdout).toMatch(new RegExp(`^  ${stage} +\\d+\\.\\d s$`, 'm'))
    }
    expect(stdout).toContain('The same in a container is left out: ')
    expect(stdout).toContain('dist/bacalhau devstack')
  })

  it('takes a folder, as seen from where npm was called', async () => {
    const { code, stdout, stderr } = await npmStart(['texts']).ended
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('9 files, ')
    expect(stdout).toContain('72 words, 16 different ones.')
    expect(stdout).toMatch(/^ +9 {2}naïve$/m)
    expect(stdout).toContain(`-V texts=${outside}/texts `)
  })

  it.each([
    ['a folder that is not there', ['nowhere'], 'there is no folder '],
    ['a file', ['file.txt'], 'file.txt is a file, not a folder'],
    ['an empty folder', ['empty'], 'empty is empty'],
    ['a folder without text', ['binary'], 'there is no text in '],
    ['what cannot be read', ['loop'], 'loop: ELOOP'],
    ['two folders', ['texts', 'empty'], 'one folder at a time, not 2'],
    ['an option', ['--all'], 'unknown option --all'],
  ])('refuses %s with a hint', async (_what, args, message) => {
    const { code, stderr } = await npmStart(args).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: .*\nHint: .*\n$/)
    expect(stderr).toContain(message)
  })

  it.each([
    ['build: ', 'SIGINT'],
    ['cluster start: ', 'SIGINT'],
    ['of 6 parts done', 'SIGINT'],
    ['results: ', 'SIGTERM'],
  ] as const)('leaves nothing when it is interrupted after "%s"', async (line, signal) => {
    const program = npmStart([])
    await program.says(new RegExp(line))
    // As a terminal does it: the whole group hears of it.
    process.kill(-(program.child.pid as number), signal)
    const { code, stderr } = await program.ended
    expect(code).toBe(130)
    expect(stderr).toContain('Interrupted')
  })
})

withDocker((host) => {
  it('runs the same in a container where an engine is at hand, and finds the same and leaves no container [X21]', async () => {
    const api = new DockerApi(dockerTarget({ host: host(), certPath: '', isTlsVerified: true }), new SystemClock())
    // Other suites of the run have theirs on the same engine; the folder that ours mount lies below this one.
    const ours = async () =>
      (await api.call<object[]>('GET', '/containers/json', { query: { all: true } })).filter((each) =>
        JSON.stringify(each).includes(outside),
      )
    const { code, stdout, stderr } = await npmStart(['texts'], { DOCKER_HOST: host() }).ended
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('The container counted the same.')
    expect(await ours()).toEqual([])
  })
})
