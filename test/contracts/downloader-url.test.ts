import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { unpackTarGz } from '#providers/unpack-tar.ts'
import { UrlDownloader } from '#providers/url/downloader.ts'
import { defaultUrlSettings } from '#providers/url/settings.ts'
import { tarOf } from '../kit/tar-of.ts'
import { type WebServer, webServer } from '../kit/web-server.ts'
import { downloaderSuite } from './downloader.suite.ts'

const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
const downloader = new UrlDownloader(defaultUrlSettings, { clock, random: systemRandom, unpack: unpackTarGz })
const result = (URL: string) => ({ Type: 'urlDownload', Params: { URL } })
const never = new AbortController().signal

downloaderSuite('url', async () => {
  const contents = new Map([
    [
      '/hostile.tar.gz',
      gzipSync(
        tarOf([
          { name: 'good', body: 'x' },
          { name: '../evil', body: 'x' },
        ]),
      ),
    ],
  ])
  const server = await webServer((asked, reply) => {
    const content = contents.get(asked.url ?? '')
    if (asked.url === '/slow.tar.gz')
      return void reply.writeHead(200, { 'Content-Length': 1e9 }).write(gzipSync(tarOf([])))
    if (!content) return void reply.writeHead(404).end()
    reply.writeHead(200, { 'Content-Length': content.length }).end(content)
  })
  return {
    downloader,
    missing: result(server.url('/missing.tar.gz')),
    hostile: result(server.url('/hostile.tar.gz')),
    slow: result(server.url('/slow.tar.gz')),
    published: async (directory) => {
      const path = `/e-${contents.size}.tar.gz`
      contents.set(path, execFileSync('tar', ['-czf', '-', '-C', directory, '.'], { maxBuffer: 1e8 }))
      return result(server.url(path))
    },
    close: () => server.close(),
  }
})

describe('url downloader', () => {
  let server: WebServer | undefined
  const directory = mkdtempSync(join(tmpdir(), 'bacalhau-downloader-'))
  afterEach(async () => {
    await server?.close()
    for (const each of readdirSync(directory)) rmSync(join(directory, each), { recursive: true })
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const archive = gzipSync(tarOf([{ name: 'data', body: Array.from({ length: 1e5 }, (_, i) => i * 7919).join(' ') }]))

  it('takes a broken transfer up again where it broke', async () => {
    server = await webServer((asked, reply) => {
      const from = Number(/bytes=(\d+)-/.exec(asked.headers.range ?? '')?.[1] ?? 0)
      const range = { 'Content-Range': `bytes ${from}-${archive.length - 1}/${archive.length}` }
      reply.writeHead(from > 0 ? 206 : 200, { 'Content-Length': archive.length - from, ...(from > 0 && range) })
      const part = archive.subarray(from, from + 70_000)
      reply.write(part, () => (from + part.length === archive.length ? reply.end() : reply.destroy()))
    })
    const told: [number, number | undefined][] = []
    await downloader.download(result(server.url('/e-1.tar.gz')), directory, (...each) => told.push(each), never)
    expect(readFileSync(join(directory, 'data')).length).toBeGreaterThan(500_000)
    expect(server.requests.length).toBeGreaterThan(1)
    expect(told.at(-1)).toEqual([archive.length, archive.length])
  })

  it('leaves nothing of a result that does not come whole', async () => {
    server = await webServer((_, reply) => {
      reply.writeHead(200, { 'Content-Length': archive.length, ETag: '"1"' })
      reply.flushHeaders()
      reply.write('', () => setImmediate(() => reply.destroy()))
    })
    const work = downloader.download(result(server.url('/e-1.tar.gz')), directory, () => {}, never)
    await expect(work).rejects.toMatchObject({ code: 'ServiceUnavailable', isRetryable: true })
    expect(readdirSync(directory)).toEqual([])
  })

  it('does not wait longer for a server that says nothing than it was told to', async () => {
    server = await webServer(() => {})
    const impatient = new UrlDownloader(
      { readTimeoutMs: 200, retries: 1, maxBytes: 0 },
      { clock, random: systemRandom, unpack: unpackTarGz },
    )
    const work = impatient.download(result(server.url('/e-1.tar.gz')), directory, () => {}, never)
    await expect(work).rejects.toMatchObject({ code: 'ServiceUnavailable', isRetryable: true })
    expect(server.requests).toHaveLength(2)
  })

  it('leaves nothing of an archive that is cut off without a length', async () => {
    server = await webServer((_, reply) => void reply.end(archive.subarray(0, archive.length - 1000)))
    const work = downloader.download(result(server.url('/e-1.tar.gz')), directory, () => {}, never)
    await expect(work).rejects.toThrow('cannot unpack the archive')
    expect(readdirSync(directory)).toEqual([])
  })

  it('keeps a result that is no archive as the file it is', async () => {
    server = await webServer((_, reply) => void reply.end('plain'))
    await downloader.download(result(server.url('/answer.txt')), directory, () => {}, never)
    expect(readFileSync(join(directory, 'answer.txt'), 'utf8')).toBe('plain')
  })
})
