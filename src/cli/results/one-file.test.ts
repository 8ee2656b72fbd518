import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { type TarMember, tarOf } from '../../../test/kit/tar-of.ts'
import { type Answer, type WebServer, webServer } from '../../../test/kit/web-server.ts'
import type { Cli } from '../command.ts'
import { printFile } from './one-file.ts'
import type { Result } from './results-of.ts'

describe('one file of the results, for stdout', () => {
  let temporary: string
  let printed: string
  /** While it was printed. */
  let there: string[]
  let server: WebServer | undefined
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'bacalhau-print-'))
    printed = ''
  })
  afterEach(async () => {
    await server?.close()
    rmSync(temporary, { recursive: true })
  })

  const cli = () =>
    partOf<Cli>({
      temporary,
      lasts() {},
      resolve: (path: string) => path,
      clock: new SystemClock(),
      env: {},
      stdout: {
        write(piece: Uint8Array) {
          printed += Buffer.from(piece)
          there = readdirSync(temporary, { recursive: true, encoding: 'utf8' })
        },
      },
      stderr: { canRedraw: false, columns: undefined, write() {} },
      interrupted: new AbortController().signal,
      load: async () => ({ settings: { ResultDownloaders: { Types: { IPFS: { Endpoint: '' } } } } }),
    })
  const print = async (answer: Answer, timeoutMs = 60_000): Promise<void> => {
    server = await webServer(answer)
    const published = { Type: 'urlDownload', Params: { URL: server.url('/e-1.tar.gz') } }
    await printFile([{ name: 'e-1', published }] satisfies Result[], 'answer.txt', { timeoutMs }, cli())
  }

  it('lies on its way where nobody else can read it, and nothing of it stays there', async () => {
    const modes: number[] = []
    await print((_, reply) => {
      modes.push(...readdirSync(temporary).map((name) => statSync(join(temporary, name)).mode & 0o777))
      reply.end(gzipSync(tarOf([{ name: 'answer.txt', body: '42\n' }])))
    })
    expect([printed, modes, readdirSync(temporary)]).toEqual(['42\n', [0o700], []])
  })

  it('that is a folder is said to be one, with what is in it', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name: `answer.txt/${name}`, body: name }))
    const folder = print((_, reply) => void reply.end(gzipSync(tarOf(names))))
    await expect(folder).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'answer.txt is a folder: only one file can be written to stdout',
      hint: expect.stringMatching(/^In it: answer\.txt\/a, .*\/e, … \(6\)\. With a folder as --output-dir/),
    })
    expect(printed).toBe('')
  })

  it('that is a folder which several executions fill has in it what each of them has', async () => {
    server = await webServer((_, reply) => void reply.end(gzipSync(tarOf([{ name: 'out/in', body: 'x' }]))))
    const [one, two] = ['e-1', 'e-2'].map((name) => ({
      name,
      published: { Type: 'urlDownload', Params: { URL: server?.url(`/${name}.tar.gz`) } },
    }))
    const folder = printFile([one, two] as Result[], 'out', { timeoutMs: 60_000 }, cli())
    await expect(folder).rejects.toMatchObject({ hint: expect.stringMatching(/^In it: out\/in\. /) })
  })

  it('is written alone, unless a link leads to it', async () => {
    const many = ['a', 'b', 'c'].map((name) => ({ name: `many/${name}`, body: name }))
    const gzip = (...members: TarMember[]) => gzipSync(tarOf([...many, ...members]))
    await print((_, reply) => void reply.end(gzip({ name: 'answer.txt', body: '42\n' })))
    expect([printed, there.filter((path) => path.includes('many'))]).toEqual(['42\n', []])
    await server?.close()
    await print((_, reply) => void reply.end(gzip({ name: 'answer.txt', type: '2', linkname: 'many/b' })))
    expect(printed).toBe('42\nb')
    await server?.close()
    await print((_, reply) => void reply.end(gzip({ name: 'answer.txt', type: '1', linkname: 'many/c' })))
    expect(printed).toBe('42\nbc')
  })

  it('that does not come in time is not said to be kept', async () => {
    const late = print((_, reply) => void reply.writeHead(200, { 'Content-Length': 100 }).write('x'), 200)
    await expect(late).rejects.toMatchObject({ code: 'Timeout', hint: '--download-timeout-secs gives them more time.' })
    expect(readdirSync(temporary)).toEqual([])
  })

  it('of an archive that would fill the disk is not said to be left packed', async () => {
    const bomb = gzipSync(tarOf([{ name: 'answer.txt', body: '', sizeBytes: 11 * 1000 ** 3 }]))
    await expect(print((_, reply) => void reply.end(bomb))).rejects.toMatchObject({
      message: 'the archive holds too much: more than 10000000000 bytes',
      hint: expect.stringMatching(/^Nothing of it is kept here/),
    })
  })
})
