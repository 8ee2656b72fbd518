import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { bringArchive } from '#providers/bring-archive.ts'
import { UrlDownloader } from '#providers/url/downloader.ts'
import { proxiesOf } from '#providers/url/proxies.ts'
import { defaultUrlSettings } from '#providers/url/settings.ts'
import { forwardProxy } from '../kit/forward-proxy.ts'
import { tarOf } from '../kit/tar-of.ts'
import { type WebServer, webServer } from '../kit/web-server.ts'
import { downloaderSuite } from './downloader.suite.ts'

const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
const proxyFor = () => undefined
const downloader = new UrlDownloader(defaultUrlSettings, { clock, random: systemRandom, bring: bringArchive, proxyFor })
const result = (URL: string) => ({ Type: 'urlDownload', Params: { URL } })
const never = new AbortController().signal
const sha256Of = (bytes: Buffer) => hash('sha256', bytes)

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

  /** Gives the archive out, in the state `tag` and by ranges when it may, and says nothing more after `most` bytes. */
  const serveArchive = async (most: number, state = { tag: '"1"', hasRanges: true }) => {
    const given = { ...state, most, ranges: [] as (string | undefined)[] }
    server = await webServer((asked, reply) => {
      const { range } = asked.headers
      given.ranges.push(range)
      const isRest = given.hasRanges && range !== undefined && asked.headers['if-range'] === given.tag
      const from = isRest ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0
      const place = isRest && { 'Content-Range': `bytes ${from}-${archive.length - 1}/${archive.length}` }
      reply.writeHead(isRest ? 206 : 200, { 'Content-Length': archive.length - from, ETag: given.tag, ...place })
      const piece = archive.subarray(from, from + given.most)
      if (from + piece.length === archive.length) reply.end(piece)
      else reply.write(piece)
    })
    return given
  }
  const once = new UrlDownloader(
    { readTimeoutMs: 50_000, retries: 0, maxBytes: 0 },
    { clock, random: systemRandom, bring: bringArchive, proxyFor },
  )
  const into = join(directory, 'files')
  const fetchOnce = async (sha256?: string) => {
    mkdirSync(into, { recursive: true })
    const told: number[] = []
    const { Type, Params } = result(server?.url('/e-1.tar.gz') ?? '')
    const spec = { Type, Params: sha256 === undefined ? Params : { ...Params, SHA256: sha256 } }
    await once.download(spec, into, (received) => void told.push(received), never)
    return told
  }

  /** As somebody does who has seen that it takes long. */
  const breakOff = async () => {
    const told = new AbortController()
    mkdirSync(into, { recursive: true })
    const spec = result(server?.url('/e-1.tar.gz') ?? '')
    await expect(once.download(spec, into, () => told.abort(new Error('stop')), told.signal)).rejects.toThrow('stop')
    expect(readdirSync(into)).toEqual([])
  }

  it('goes on where an earlier call was broken off, and nothing of it stays beside the result [X11]', async () => {
    const given = await serveArchive(70_000)
    await breakOff()
    const came = statSync(`${into}.archive`).size
    expect(came).toBeGreaterThan(1)
    given.most = archive.length
    const told = await fetchOnce(sha256Of(archive))
    expect(given.ranges).toEqual([undefined, `bytes=${came - 1}-`])
    expect(told[0]).toBeGreaterThan(came - 1)
    expect(told.at(-1)).toBe(archive.length)
    expect(readdirSync(into)).toEqual(['data'])
    expect(readdirSync(directory)).toEqual(['files'])
  })

  it.each([
    ['has changed', { tag: '"2"', hasRanges: true }],
    ['cannot begin in the midst', { tag: '"1"', hasRanges: false }],
  ])('begins again when what is asked for %s', async (_, later) => {
    const given = await serveArchive(70_000)
    await breakOff()
    Object.assign(given, later, { most: archive.length })
    await fetchOnce(sha256Of(archive))
    expect(readdirSync(into)).toEqual(['data'])
  })

  it('takes what came whole but was not unpacked', async () => {
    await serveArchive(archive.length)
    writeFileSync(`${into}.archive`, archive)
    writeFileSync(`${into}.archive.tag`, '"1"')
    expect(await fetchOnce(sha256Of(archive))).toEqual([archive.length])
    expect(readdirSync(into)).toEqual(['data'])
  })

  it('leaves nothing of an archive with another digest than its publisher told [R190]', async () => {
    await serveArchive(archive.length)
    const work = fetchOnce(sha256Of(Buffer.from('another')))
    await expect(work).rejects.toThrow(`came with the SHA-256 digest ${sha256Of(archive)}`)
    expect(readdirSync(directory)).toEqual(['files'])
    expect(readdirSync(into)).toEqual([])
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
      { clock, random: systemRandom, bring: bringArchive, proxyFor },
    )
    const work = impatient.download(result(server.url('/e-1.tar.gz')), directory, () => {}, never)
    await expect(work).rejects.toMatchObject({ code: 'ServiceUnavailable', isRetryable: true })
    expect(server.requests).toHaveLength(1)
  })

  it('leaves nothing of an archive that is cut off without a length', async () => {
    server = await webServer((_, reply) => void reply.end(archive.subarray(0, archive.length - 1000)))
    const work = downloader.download(result(server.url('/e-1.tar.gz')), directory, () => {}, never)
    await expect(work).rejects.toThrow('cannot unpack the archive')
    expect(readdirSync(directory)).toEqual([])
  })

  it('goes by the proxy that the environment of its user names [X18]', async () => {
    server = await webServer((_, reply) => void reply.end(archive))
    const proxy = await forwardProxy()
    const byProxy = new UrlDownloader(defaultUrlSettings, {
      clock,
      random: systemRandom,
      bring: bringArchive,
      proxyFor: proxiesOf({ HTTP_PROXY: proxy.url }),
    })
    const url = server.url('/e-1.tar.gz').replace('127.0.0.1', 'node.test')
    await byProxy.download(result(url), directory, () => {}, never)
    expect(readdirSync(directory)).toEqual(['data'])
    expect(proxy.asked).toHaveLength(1)
    await proxy.stop()
  })

  it('keeps a result that is no archive as the file it is', async () => {
    server = await webServer((_, reply) => void reply.end('plain'))
    await downloader.download(result(server.url('/answer.txt')), directory, () => {}, never)
    expect(readFileSync(join(directory, 'answer.txt'), 'utf8')).toBe('plain')
  })
})
