import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ShownExecution } from '#api/decode/execution.ts'
import type { ArchiveRest } from '#contracts/archive-bytes.ts'
import { Fault } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { Screen } from '../../../test/kit/screen.ts'
import { tarOf } from '../../../test/kit/tar-of.ts'
import { type Answer, type WebServer, webServer } from '../../../test/kit/web-server.ts'
import type { Cli } from '../command.ts'
import { fetchResults } from './fetch-results.ts'
import type { Result } from './results-of.ts'

describe('the results of a job that are fetched', () => {
  let root: string
  let server: WebServer | undefined
  let said: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-fetch-'))
    said = ''
  })
  afterEach(async () => {
    await server?.close()
    rmSync(root, { recursive: true })
  })

  const interruption = new AbortController()
  const cli = partOf<Cli>({
    resolve: (path: string) => path,
    clock: new SystemClock(),
    random: systemRandom,
    env: {},
    stderr: { canRedraw: false, columns: undefined, write: (text: string) => (said += text) },
    interrupted: interruption.signal,
    load: async () => ({ settings: { ResultDownloaders: { Types: { IPFS: { Endpoint: '' } } } } }),
  })
  const flags = () => ({ folder: root, mustExist: true, isRaw: false, timeoutMs: 60_000 })
  const archive = (name: string) =>
    gzipSync(
      tarOf([
        { name: 'stdout', body: `${name}\n` },
        { name: `only-${name}`, body: name },
      ]),
    )
  const serve = async (answer: Answer): Promise<void> => {
    server = await webServer(answer)
  }
  const nameIn = (url = ''): string => /e-\d+/.exec(url)?.[0] ?? ''
  const results = (count: number): Result[] =>
    Array.from({ length: count }, (_, at) => `e-${at}`).map((name) => ({
      name,
      published: { Type: 'urlDownload', Params: { URL: server?.url(`/${name}.tar.gz`) } },
    }))

  it('come several at a time, but not more than four, in any order, and are joined in theirs [X11]', async () => {
    let open = 0
    let most = 0
    const held: (() => void)[] = []
    await serve((asked, reply) => {
      most = Math.max(most, ++open)
      held.push(() => {
        open--
        reply.end(archive(nameIn(asked.url)))
      })
      // The last that can come at once lets all go, the later first.
      if (held.length === 4 || server?.requests.length === 6) for (const go of held.splice(0).toReversed()) go()
    })
    expect(await fetchResults(results(6), flags(), cli)).toEqual([])
    expect(most).toBe(4)
    expect(readFileSync(join(root, 'stdout'), 'utf8')).toBe('e-0\ne-1\ne-2\ne-3\ne-4\ne-5\n')
    expect(readFileSync(join(root, 'e-3/only-e-3'), 'utf8')).toBe('e-3')
    expect(readFileSync(join(root, 'only-e-3'), 'utf8')).toBe('e-3')
  })

  it('are not put where no folder is, which is told for what it is', async () => {
    writeFileSync(join(root, 'file'), '')
    const fetch = (name: string) => fetchResults([], { ...flags(), folder: join(root, name) }, cli)
    await expect(fetch('none')).rejects.toThrow(`output dir does not exist: ${root}/none`)
    await expect(fetch('file')).rejects.toThrow(`output dir is not a folder: ${root}/file`)
  })

  it('are not fetched where the output of another job stands, as far as that is known before', async () => {
    await serve((asked, reply) => void reply.end(archive(nameIn(asked.url))))
    const printed = (text: string, more: object = {}) =>
      results(2).map((result) => ({
        ...result,
        execution: {
          ID: result.name,
          RunOutput: {
            Stdout: text || `${result.name}\n`,
            StdoutTruncated: false,
            stderr: '',
            ExitCode: 0,
            ErrorMsg: '',
            ...more,
          },
        } as ShownExecution,
      }))
    const put = (content: string) => writeFileSync(join(root, 'stdout'), content)
    const refused = { code: 'Conflict', message: expect.stringContaining(`already exists: ${root}/stdout`) }
    for (const other of ['another\n', 'e-0\ne-1\nand more', 'e-0\n', '']) {
      put(other)
      await expect(fetchResults(printed(''), flags(), cli)).rejects.toMatchObject(refused)
    }
    put('e-0')
    await expect(fetchResults(printed('e-0\n', { StdoutTruncated: true }), flags(), cli)).rejects.toMatchObject(refused)
    rmSync(join(root, 'stdout'))
    mkdirSync(join(root, 'stdout'))
    await expect(fetchResults(printed(''), flags(), cli)).rejects.toMatchObject(refused)
    expect(server?.requests).toEqual([])
    expect(readdirSync(root)).toEqual(['stdout'])
    rmSync(join(root, 'stdout'), { recursive: true })
    // What is the same is no harm, nor what cannot be known: output that is no text, or longer than what is known of it.
    put('e-0\ne-1\n')
    for (const text of ['', 'e-0\ne-1\n\uFFFD']) {
      await fetchResults(printed(text), flags(), cli)
      for (const name of ['e-0', 'e-1']) rmSync(join(root, name), { recursive: true })
    }
    expect(readFileSync(join(root, 'stdout'), 'utf8')).toBe('e-0\ne-1\n')
  })

  it('stand below raw/ without a view of all when that is wished', async () => {
    await serve((asked, reply) => void reply.end(archive(nameIn(asked.url))))
    await fetchResults(results(2), { ...flags(), isRaw: true }, cli)
    expect(readdirSync(root)).toEqual(['raw'])
    expect(readdirSync(join(root, 'raw')).toSorted()).toEqual(['e-0', 'e-1'])
  })

  it('that fail are told each, and do not keep the others from coming [X11]', async () => {
    await serve((asked, reply) => {
      const name = nameIn(asked.url)
      if (name === 'e-1') reply.writeHead(404).end()
      else if (name === 'e-2') reply.end(gzipSync(tarOf([{ name: '../out', body: 'x' }])))
      else if (name === 'e-4') reply.end(gzipSync(tarOf([{ name: 'x', body: '', sizeBytes: 11 * 1000 ** 3 }])))
      else reply.end(archive(name))
    })
    await expect(fetchResults(results(5), flags(), cli)).rejects.toMatchObject({
      message: '3 of 5 results could not be fetched',
      hint: expect.stringContaining('the same command'),
    })
    expect(said).toMatch(/^e-1: cannot download http:.*: 404 Not Found$/m)
    expect(said).toMatch(/^e-2: cannot unpack the archive: .*outside/m)
    expect(said).toMatch(/^e-4: the archive holds too much: .*\n {2}It was left packed: .*e-4\.part/m)
    expect(readdirSync(root).toSorted()).toEqual(['e-0', 'e-3', 'e-4.part'])
  })

  it('are not said to go on where they were when all there is was left packed', async () => {
    await serve((_, reply) => void reply.end(gzipSync(tarOf([{ name: 'x', body: '', sizeBytes: 11 * 1000 ** 3 }]))))
    await expect(fetchResults(results(1), flags(), cli)).rejects.toMatchObject({
      hint: expect.stringContaining('It was left packed'),
    })
    expect(said).toBe('')
  })

  it('are left to another command that fetches them into the same folder, as long as that runs', async () => {
    await serve((asked, reply) => void reply.end(archive(nameIn(asked.url))))
    const owner = join(root, 'e-0.part/owner')
    const files = join(root, 'e-0.part/files')
    mkdirSync(files, { recursive: true })
    writeFileSync(join(files, 'stdout'), 'half of')
    symlinkSync(String(process.ppid), owner)
    await expect(fetchResults(results(1), flags(), cli)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('another command fetches this result'),
      hint: expect.stringContaining(`until process ${process.ppid} has ended`),
    })
    expect(readFileSync(join(files, 'stdout'), 'utf8')).toBe('half of')
    expect(said).toBe('')
    rmSync(owner)
    symlinkSync(String(spawnSync('true').pid), owner)
    await fetchResults(results(1), flags(), cli)
    expect(readdirSync(root).toSorted()).toEqual(['only-e-0', 'stdout'])
  })

  it('are not said to be here when none of them is', async () => {
    await serve((_, reply) => void reply.writeHead(404).end())
    await expect(fetchResults(results(2), flags(), cli)).rejects.toMatchObject({
      message: '2 of 2 results could not be fetched',
      hint: 'The same command tries again.',
    })
  })

  it('tell on a terminal what failed below their progress, which is gone then', async () => {
    const screen = new Screen(80)
    const stderr = {
      canRedraw: true,
      columns: 80,
      write: (text: string) => screen.write(text.replaceAll('\n', '\r\n')),
    }
    await serve((_, reply) => {
      const untilShown = () =>
        screen.lines[0]?.startsWith('0 of 2 results') ? reply.writeHead(404).end() : setTimeout(untilShown, 10)
      untilShown()
    })
    await expect(fetchResults(results(2), flags(), partOf<Cli>({ ...cli, stderr }))).rejects.toThrow('2 of 2')
    expect(screen.lines.join('\n')).not.toContain('of 2 results')
    expect(screen.lines[0]).toMatch(/^e-[01]: cannot download /)
  })

  it('go on where they were when the server was away for a while [F4]', async () => {
    const whole = archive('e-0')
    const asked: (number | undefined)[] = []
    const away = new Fault('ServiceUnavailable', 'connection refused', { component: 'Client', isRetryable: true })
    async function* chunksFrom(offset: number) {
      yield whole.subarray(offset, asked.length === 1 ? 20 : undefined)
      if (asked.length === 1) throw away
    }
    const keptResult = async (_job: string, _execution: string, _signal: AbortSignal, rest?: ArchiveRest) => {
      asked.push(rest?.offset)
      if (asked.length === 2) throw away
      const offset = rest?.offset ?? 0
      return { offset, tag: 't', totalBytes: whole.length, chunks: chunksFrom(offset) }
    }
    const published = { Type: 'link', Params: {} }
    const execution = partOf<ShownExecution>({ ID: 'e-0', JobID: 'j-1', PublishedResult: published })
    const client = async () => ({ jobs: { keptResult } })
    const world = { ...cli, client, clock: Object.assign(new SystemClock(), { sleep: async () => {} }) }
    await fetchResults([{ name: 'e-0', published, execution }], flags(), world as unknown as Cli)
    expect(asked).toEqual([undefined, 19, 19])
    expect(readFileSync(join(root, 'stdout'), 'utf8')).toBe('e-0\n')
  })

  it('are given up when they take longer than they may, in words and not as a bug', async () => {
    await serve((_, reply) => void reply.writeHead(200, { 'Content-Length': 100 }).write('x'))
    await expect(fetchResults(results(1), { ...flags(), timeoutMs: 200 }, cli)).rejects.toMatchObject({
      code: 'Timeout',
      message: 'the results did not come within 0.2s',
    })
    expect(readdirSync(root)).toEqual([])
  })
})
