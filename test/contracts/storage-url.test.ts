import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PreparedInput } from '#contracts/storage.ts'
import type { Fault } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { addressGuard, defaultFetchGuard } from '#providers/address-guard.ts'
import { checkedAddresses, type Resolve } from '#providers/checked-addresses.ts'
import { defaultUrlSettings, type UrlSettings } from '#providers/url/settings.ts'
import { UrlStorage, type UrlStorageDeps } from '#providers/url/storage.ts'
import { fileCache } from '../kit/file-cache.ts'
import { loneShare } from '../kit/lone-share.ts'
import { ownCertificate } from '../kit/own-certificate.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'
import { describeVectors } from '../kit/vectors.ts'
import { type Answer, type WebServer, webServer } from '../kit/web-server.ts'
import { storageSuite } from './storage.suite.ts'

/** Pauses between attempts take no time here. */
const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
const open = (settings: Partial<UrlSettings> = {}, deps: Partial<UrlStorageDeps> = {}) =>
  new UrlStorage(
    { ...defaultUrlSettings, ...settings },
    {
      clock,
      random: systemRandom,
      addressesOf: checkedAddresses(() => undefined, 'Compute.Fetch'),
      proxyFor: () => undefined,
      ...deps,
    },
  )
const source = (URL: string) => ({ Type: 'urlDownload', Params: { URL } })
const never = new AbortController().signal

storageSuite('url', async () => {
  const contents = new Map<string, Buffer>()
  const server = await webServer((asked, reply) => {
    const content = contents.get(asked.url ?? '')
    if (asked.url === '/slow') return void reply.writeHead(200, { 'Content-Length': 100 }).write('x')
    if (!content) return void reply.writeHead(404).end()
    reply.writeHead(200, { 'Content-Length': content.length }).end(asked.method === 'HEAD' ? undefined : content)
  })
  const storage = open()
  return {
    storage,
    good: source(server.url('/file.txt')),
    malformed: source('ftp://host/file'),
    missing: source(server.url('/missing.txt')),
    slow: source(server.url('/slow')),
    holding: async (content) => {
      const path = `/${contents.size}.bin`
      contents.set(path, content)
      return source(server.url(path))
    },
    close: async () => {
      await storage.stop()
      await server.close()
    },
  }
})

describe('url storage', () => {
  const opened: { close?(): Promise<void>; stop?(): Promise<void> }[] = []
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bacalhau-url-'))
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) await (each.close?.() ?? each.stop?.())
    rmSync(directory, { recursive: true, force: true })
  })

  const serve = async (answer: Answer): Promise<WebServer> => {
    const server = await webServer(answer)
    opened.push(server)
    return server
  }
  const storageWith = (settings: Partial<UrlSettings> = {}, deps: Partial<UrlStorageDeps> = {}) => {
    const storage = open(settings, deps)
    opened.push(storage)
    return storage
  }
  const prepare = (url: string, storage = storageWith(), limitBytes = 1e9): Promise<PreparedInput> =>
    storage.prepare(
      { Source: source(url), Alias: '', Target: '/inputs' },
      { directory, share: loneShare, limitBytes },
      never,
    )
  const faultOf = (work: Promise<unknown>): Promise<Fault> =>
    work.then(
      () => expect.fail('it did not fail'),
      (error: Fault) => error,
    )
  const sizeOf = (url: string, storage = storageWith()) => storage.sizeBytes(source(url), loneShare, never)

  it('puts the file below the Target, under its own name [R177]', async () => {
    const server = await serve((_, reply) => void reply.end('alpha\nbeta\n'))
    const prepared = await prepare(server.url('/words.txt?x=1'))
    expect(prepared).toMatchObject({ kind: 'file', guestPath: '/inputs/words.txt', isReadOnly: true })
    expect(readFileSync(prepared.hostPath, 'utf8')).toBe('alpha\nbeta\n')
  })

  it('fetches without a Content-Length, up to its bound [X7]', async () => {
    const server = await serve((asked, reply) => {
      if (asked.method === 'GET') for (let i = 0; i < 100; i++) reply.write('x'.repeat(1000))
      reply.end()
    })
    expect(await sizeOf(server.url('/nolength.txt'))).toBeUndefined()
    expect(readFileSync((await prepare(server.url('/nolength.txt'))).hostPath).length).toBe(100_000)
    rmSync(join(directory, 'nolength.txt'))
    const fault = await faultOf(prepare(server.url('/nolength.txt'), storageWith({ maxBytes: 50_000 })))
    expect(fault).toMatchObject({ code: 'ResourceExhausted', details: { FailureClass: 'resource' } })
    expect(readdirSync(directory)).toEqual([])
  })

  it('takes from what is kept what the server says is still the same, and reads no more of it then', async () => {
    let etag = '"first"'
    let isWeak = false
    const server = await serve((_, reply) => {
      reply.writeHead(200, { ETag: isWeak ? `W/${etag}` : etag, 'Content-Length': 5 }).end(etag.slice(1, 6))
    })
    const folders: string[] = []
    const hows: string[] = []
    const cache = await fileCache(folders)
    const storage = storageWith({}, { cache })
    const read = async () => {
      const { hostPath, origins = [] } = await prepare(server.url('/words.txt'), storage)
      const content = readFileSync(hostPath, 'utf8')
      rmSync(hostPath)
      hows.push(...origins)
      return content
    }
    expect([await read(), await read()]).toEqual(['first', 'first'])
    etag = '"other"'
    expect(await read()).toBe('other')
    expect(hows).toEqual(['brought', 'kept', 'brought'])
    await sizeOf(server.url('/words.txt'), storage)
    const asked = server.requests.length
    expect(await read()).toBe('other')
    expect(server.requests).toHaveLength(asked)
    isWeak = true
    await sizeOf(server.url('/words.txt'), storage)
    expect(await read()).toBe('other')
    expect(hows).toEqual(['brought', 'kept', 'brought', 'kept', 'brought'])
    await cache.stop()
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  describe('for who wants the same at the same time', () => {
    const folders: string[] = []
    let cache: Awaited<ReturnType<typeof fileCache>>
    let storage: UrlStorage
    const stepped = new StepClock()
    beforeEach(async () => {
      cache = await fileCache(folders)
      storage = storageWith({}, { cache, clock: stepped })
    })
    afterEach(async () => {
      await cache.stop()
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
    })

    const read = async (url: string, signal = never) => {
      const into = { directory: mkdtempSync(join(directory, 'input-')), share: loneShare, limitBytes: 1e9 }
      const input = { Source: source(url), Alias: '', Target: '/inputs' }
      return readFileSync((await storage.prepare(input, into, signal)).hostPath, 'utf8')
    }
    /** Serves `good`, with each GET as it is told. */
    const told = async (get: (count: number, reply: ServerResponse) => void, headers: object = { ETag: '"e"' }) => {
      let count = 0
      return serve((asked, reply) => {
        const head = { 'Content-Length': 4, ...headers }
        if (asked.method === 'HEAD') return void reply.writeHead(200, head).end()
        get(++count, Object.assign(reply, { head }))
      })
    }
    const good = (reply: ServerResponse) =>
      void reply.writeHead(200, (reply as never as { head: object }).head as never).end('good')
    const asked = (server: WebServer, method: string) =>
      server.requests.filter((each) => each.startsWith(method)).length
    const many = Array.from({ length: 20 })

    it.each(['cold', 'asked for its size'])('asks once: %s', async (how) => {
      const isOpen = Promise.withResolvers<void>()
      const server = await told((_, reply) => void isOpen.promise.then(() => good(reply)))
      const url = server.url('/words.txt')
      if (how !== 'cold') await Promise.all(many.map(() => sizeOf(url, storage)))
      const all = many.map(() => read(url))
      await until('it was asked for', () => asked(server, 'GET') > 0)
      isOpen.resolve()
      expect(new Set(await Promise.all(all))).toEqual(new Set(['good']))
      expect([asked(server, 'HEAD'), asked(server, 'GET')]).toEqual([how === 'cold' ? 0 : 1, 1])
    })

    it('asks for each what a server does not tell from another state', async () => {
      const server = await told((_, reply) => good(reply), {})
      await sizeOf(server.url('/words.txt'), storage)
      await Promise.all([1, 2, 3].map(() => read(server.url('/words.txt'))))
      expect(asked(server, 'GET')).toBe(3)
    })

    it.each<[string, (reply: ServerResponse) => void]>([
      ['is refused', (reply) => void reply.writeHead(404).end()],
      [
        'breaks for good',
        (reply) =>
          void reply.writeHead(200, { 'Content-Length': 4, ETag: '"e"' }).write('go', () => reply.socket?.destroy()),
      ],
    ])('fails for all when what the first asked for %s, so that none waits for as long again', async (_, bad) => {
      const isOpen = Promise.withResolvers<void>()
      const server = await told(
        (count, reply) => void isOpen.promise.then(() => (count === 1 ? bad(reply) : good(reply))),
      )
      storage = storageWith({ retries: 0 }, { cache, clock: stepped })
      const all = Promise.allSettled(many.map(() => read(server.url('/words.txt'))))
      await until('it was asked for', () => asked(server, 'GET') > 0)
      isOpen.resolve()
      const come = (await all).map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code))
      expect(new Set(come).size).toBe(1)
      expect(come[0]).not.toBe('good')
      expect(asked(server, 'GET')).toBe(1)
      expect(await read(server.url('/words.txt'))).toBe('good')
    })

    it('asks for the next when the first is told to stop', async () => {
      const server = await told((count, reply) => void (count > 1 && good(reply)))
      const stop = new AbortController()
      const first = read(server.url('/words.txt'), stop.signal)
      const others = many.map(() => read(server.url('/words.txt')))
      await until('it was asked for', () => asked(server, 'GET') > 0)
      stop.abort(new Error('stop'))
      await expect(first).rejects.toThrow('stop')
      expect(new Set(await Promise.all(others))).toEqual(new Set(['good']))
      expect(asked(server, 'GET')).toBe(2)
    })

    it('asks for the next when the first waits long for an answer', async () => {
      const late = Promise.withResolvers<void>()
      const server = await told((count, reply) => {
        if (count > 1) return good(reply)
        void late.promise.then(() => good(reply))
      })
      const first = read(server.url('/words.txt'))
      const others = many.map(() => read(server.url('/words.txt')))
      await until('the others wait', () => stepped.pending === many.length)
      stepped.goTo(10_000)
      expect(new Set(await Promise.all(others))).toEqual(new Set(['good']))
      expect(asked(server, 'GET')).toBe(2)
      late.resolve()
      expect(await first).toBe('good')
    })
  })

  it('asks again when a server is not itself, with a bound', async () => {
    let left = 2
    const server = await serve((_, reply) => void reply.writeHead(left-- > 0 ? 500 : 200).end('good'))
    expect(readFileSync((await prepare(server.url('/initial'))).hostPath, 'utf8')).toBe('good')
    expect(server.requests.length).toBe(3)
    const broken = await serve((_, reply) => void reply.writeHead(503).end())
    const fault = await faultOf(sizeOf(broken.url('/x')))
    expect(fault.message).toBe(`HEAD ${broken.url('/x')} giving up after 4 attempt(s): 503 Service Unavailable`)
    expect(fault).toMatchObject({ isRetryable: true, details: { FailureClass: 'transient' } })
    expect(broken.requests.length).toBe(4)
  })

  it.each([
    ['2', 2_000],
    ['9999', 60_000],
    ['0', 200],
    ['soon', 200],
    [new Date(Date.now() - 5_000).toUTCString(), 200],
  ])('asks again when the server wants it, as long as that is within a minute: Retry-After: %s', async (after, ms) => {
    const pauses: number[] = []
    const sleep = async (each: number) => void pauses.push(each)
    let left = 1
    const server = await serve(
      (_, reply) => void reply.writeHead(left-- > 0 ? 429 : 200, { 'Retry-After': after }).end(),
    )
    await sizeOf(server.url('/busy'), open({}, { clock: Object.assign(new SystemClock(), { sleep }) }))
    expect(pauses).toEqual([ms])
  })

  it('does not tell what stands behind the path of an address: it may be a signature', async () => {
    const server = await serve((_, reply) => void reply.writeHead(404).end())
    const signed = `${server.url('/missing.txt')}?X-Amz-Signature=hush#hush`
    for (const fault of [await faultOf(sizeOf(signed)), await faultOf(prepare(signed))]) {
      expect(fault.message).toContain('/missing.txt')
      expect(fault.message).not.toContain('hush')
    }
    expect(server.requests).toEqual(['HEAD', 'GET'].map((method) => `${method} /missing.txt?X-Amz-Signature=hush`))
  })

  it('asks only once for what is clearly not there', async () => {
    const server = await serve((_, reply) => void reply.writeHead(404).end())
    const size = await faultOf(sizeOf(server.url('/missing.txt')))
    expect(size.message).toBe(`HEAD ${server.url('/missing.txt')} giving up after 1 attempt(s): 404 Not Found`)
    const fault = await faultOf(prepare(server.url('/missing.txt')))
    expect(fault.message).toBe(`non-200 response from URL (${server.url('/missing.txt')}): 404 Not Found`)
    expect(fault).toMatchObject({ isRetryable: false, details: { FailureClass: 'user' } })
    expect(server.requests).toEqual(['HEAD /missing.txt', 'GET /missing.txt'])
  })

  it('does not wait twice for a server that says nothing', async () => {
    const server = await serve((asked, reply) => {
      if (asked.url === '/silent') return
      reply.writeHead(200, { 'Content-Length': 1000, ETag: '"e"' }).write(asked.headers.range ? '' : 'x')
    })
    const impatient = storageWith({ readTimeoutMs: 100 })
    const silent = await faultOf(sizeOf(server.url('/silent'), impatient))
    expect(silent.message).toBe(`HEAD ${server.url('/silent')} giving up after 1 attempt(s): Headers Timeout Error`)
    expect(silent.details?.['FailureClass']).toBe('transient')
    const stalled = await faultOf(prepare(server.url('/stalls'), impatient))
    expect(stalled.message).toBe(`failed to download from url ${server.url('/stalls')}: Body Timeout Error`)
    // What was on its way is asked for once more: it may be the connection alone that is dead.
    expect(server.requests).toEqual(['HEAD /silent', 'GET /stalls', 'GET /stalls bytes=1-999'])
  })

  it('does not try a certificate again that it does not trust, and says what would help', async () => {
    const secret = createServer(ownCertificate(['127.0.0.1']), (_, reply) => void reply.end('hush'))
    await new Promise<void>((listening) => secret.listen(0, '127.0.0.1', listening))
    opened.push({ close: async () => void secret.close() })
    const url = `https://127.0.0.1:${(secret.address() as AddressInfo).port}/x`
    const fault = await faultOf(sizeOf(url))
    expect(fault.message).toMatch(/^HEAD .* giving up after 1 attempt\(s\): .*certificate[^;]*$/)
    expect(fault.hint).toContain('SSL_CERT_FILE')
    expect(fault.details?.['FailureClass']).toBe('node')
  })

  it('says that nobody answers', async () => {
    const server = await serve(() => {})
    await server.close()
    opened.length = 0
    const fault = await faultOf(prepare(server.url('/x')))
    expect(fault.message).toMatch(`failed to begin download from url ${server.url('/x')}: `)
    expect(fault.details?.['FailureClass']).toBe('transient')
  })

  it('learns the size by GET from a server that knows no HEAD', async () => {
    const server = await serve((asked, reply) => {
      if (asked.method === 'HEAD') return void reply.writeHead(403).end()
      reply.writeHead(200, { 'Content-Length': 5_000_000 }).write('x')
    })
    expect(await sizeOf(server.url('/signed?key=1'))).toBe(5_000_000)
  })

  it('goes on where a connection broke', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
    const server = await serve((asked, reply) => {
      const from = Number(/bytes=(\d+)-/.exec(asked.headers.range ?? '')?.[1] ?? 0)
      const range = { 'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}` }
      reply.writeHead(from > 0 ? 206 : 200, {
        'Content-Length': content.length - from,
        ETag: '"v1"',
        ...(from > 0 && range),
      })
      const rest = content.subarray(from, from + 100_000)
      reply.write(rest, () => (from + rest.length === content.length ? reply.end() : reply.destroy()))
    })
    expect(readFileSync((await prepare(server.url('/big'))).hostPath).equals(content)).toBe(true)
    expect(server.requests.length).toBeGreaterThan(1)
    expect(server.requests.at(-1)).toMatch(/^GET \/big bytes=\d+-299999$/)
  })

  it('reads past what it has when the server knows no ranges', async () => {
    let isFirst = true
    const content = 'abc'.repeat(10_000)
    const server = await serve((_, reply) => {
      reply.writeHead(200, { 'Content-Length': content.length })
      if (!isFirst) return void reply.end(content)
      isFirst = false
      reply.write(content.slice(0, 1000), () => reply.destroy())
    })
    expect(readFileSync((await prepare(server.url('/x'))).hostPath, 'utf8')).toBe(content)
  })

  it('does not sew two different contents together', async () => {
    let version = 0
    const server = await serve((_, reply) => {
      version++
      reply.writeHead(200, { 'Content-Length': 1000, ETag: `"v${version}"` })
      reply.write('x', () => reply.destroy())
    })
    expect((await faultOf(prepare(server.url('/x')))).message).toBe('the content changed while it was fetched')
    expect(readdirSync(directory)).toEqual([])
  })

  it('counts all that breaks while nothing comes, before an answer or in it', async () => {
    let asked = 0
    const server = await serve((_, reply) => {
      if (++asked % 2 === 0) return void reply.destroy()
      reply.writeHead(200, { 'Content-Length': 1000, ETag: '"e"' }).write('x', () => reply.destroy())
    })
    await faultOf(prepare(server.url('/x')))
    expect(server.requests).toHaveLength(4)
  })

  it('gives up on a body that never comes whole', async () => {
    const server = await serve((_, reply) => {
      reply.writeHead(200, { 'Content-Length': 1000 })
      reply.flushHeaders()
      reply.write('', () => setImmediate(() => reply.destroy()))
    })
    const fault = await faultOf(prepare(server.url('/x')))
    expect(fault.message).toMatch(`failed to download from url ${server.url('/x')}: `)
    expect(readdirSync(directory)).toEqual([])
  })

  describe('redirects', () => {
    it('take the name of where they end, or what the server suggests then', async () => {
      const answers: Record<string, [number, Record<string, string>]> = {
        '/initial': [302, { Location: '/second.png' }],
        '/second.png': [302, { Location: '/third.txt' }],
        '/third.txt': [200, {}],
        '/to-dodgy': [302, { Location: '/300' }],
        '/300': [200, { 'Content-Disposition': `attachment; filename*=UTF-8''300.jpg; filename="../../300.jpg"` }],
        '/to-dots': [302, { Location: '/dots.txt' }],
        '/dots.txt': [200, { 'Content-Disposition': 'attachment; filename="a/.."' }],
        '/to-none': [307, { Location: '/' }],
        '/': [200, {}],
        '/dodgy.jpg': [200, { 'Content-Disposition': 'attachment; filename=dodgy.bin' }],
      }
      const server = await serve((asked, reply) => void reply.writeHead(...answers[asked.url ?? '']!).end())
      const nameOf = async (path: string) => (await prepare(server.url(path))).guestPath.replace('/inputs/', '')
      expect(await nameOf('/initial')).toBe('third.txt')
      expect(await nameOf('/to-dodgy')).toBe('300.jpg')
      expect(await nameOf('/dodgy.jpg')).toBe('dodgy.jpg')
      expect(await nameOf('/to-dots')).toBe('dots.txt')
      expect(await nameOf('/to-none')).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('have an end, and stay on the web', async () => {
      const server = await serve((asked, reply) => {
        const Location = asked.url === '/loop' ? '/loop' : 'file:///etc/passwd'
        reply.writeHead(302, { Location }).end()
      })
      const loop = await faultOf(prepare(server.url('/loop')))
      expect(loop.message).toBe('the server redirects more than 10 times')
      expect(loop.details).toMatchObject({ FailureClass: 'user' })
      expect((await faultOf(prepare(server.url('/file')))).message).toContain('which is no web address')
    })

    it('do not carry a login to another server', async () => {
      const seen: (string | undefined)[] = []
      const other = await serve((asked, reply) => {
        seen.push(asked.headers.authorization)
        reply.end()
      })
      const server = await serve((asked, reply) => {
        seen.push(asked.headers.authorization)
        reply.writeHead(302, { Location: other.url('/x') }).end()
      })
      await prepare(server.url('/x').replace('http://', 'http://me:p%40ss@'))
      expect(seen).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`, undefined])
    })
  })

  describe('the address guard', () => {
    const guarded = (ownPorts: number[] = [], resolve?: Resolve) => {
      const refusalOf = addressGuard(defaultFetchGuard, () => ownPorts)
      return storageWith({}, { addressesOf: checkedAddresses(refusalOf, 'Compute.Fetch', resolve) })
    }

    it('refuses metadata addresses, also behind a name or a redirect [S4]', async () => {
      const server = await serve(
        (_, reply) => void reply.writeHead(302, { Location: 'http://169.254.169.254/x' }).end(),
      )
      const named = guarded([], async () => ['169.254.169.254'])
      for (const work of [
        prepare('http://169.254.169.254/latest/meta-data', guarded()),
        prepare('http://[::ffff:169.254.169.254]/x', guarded()),
        prepare('http://0xA9FEA9FE/x', guarded()),
        prepare('http://metadata.example/x', named),
        prepare(server.url('/x'), guarded()),
      ]) {
        const fault = await faultOf(work)
        expect(fault.message).toMatch(/^this node does not fetch from .*: it belongs to the machine or the cloud/)
        expect(fault.code).toBe('Forbidden')
      }
    })

    it('refuses the node’s own servers and allows others on the same machine [S4]', async () => {
      const server = await serve((_, reply) => void reply.end('x'))
      expect((await faultOf(prepare(server.url('/x'), guarded([server.port])))).message).toContain(
        'a server of this node itself',
      )
      expect((await prepare(server.url('/x'), guarded([1]))).kind).toBe('file')
      expect(server.requests.length).toBe(1)
    })

    it('connects to the address it looked at, whatever the name says next', async () => {
      const server = await serve((_, reply) => void reply.end('x'))
      const answers = [['127.0.0.1'], ['169.254.169.254']]
      const storage = guarded([], async () => answers.shift() ?? [])
      await prepare(`http://rebind.example:${server.port}/x`, storage)
      expect(server.requests).toEqual(['GET /x'])
    })

    it('passes over addresses that it may not use, and those that do not answer', async () => {
      const server = await serve((_, reply) => void reply.end('x'))
      const storage = guarded([], async () => ['169.254.169.254', '127.0.0.9', '127.0.0.1'])
      expect((await prepare(`http://many.example:${server.port}/x`, storage)).kind).toBe('file')
    })
  })

  it('never says the login of a URL', async () => {
    const server = await serve((_, reply) => void reply.writeHead(401).end())
    const fault = await faultOf(prepare(server.url('/x').replace('http://', 'http://me:secret@')))
    expect(fault.message).not.toContain('secret')
  })
})

describe('names of fetched files', () => {
  let server: WebServer
  let disposition = ''
  const storage = open()
  const directory = mkdtempSync(join(tmpdir(), 'bacalhau-url-'))
  const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/

  beforeEach(async () => {
    server ??= await webServer((asked, reply) => {
      if (asked.url?.startsWith('/redir')) return void reply.writeHead(302, { Location: '/final/name.txt' }).end()
      if (disposition && asked.url !== '/final/name.txt') reply.setHeader('Content-Disposition', disposition)
      reply.end()
    })
  })

  describeVectors(
    'url-filename.json',
    async ({ path, cd }) => {
      disposition = cd
      const into = mkdtempSync(join(directory, 'x-'))
      const asked = { Source: source(server.url(path)), Alias: '', Target: '/inputs' }
      const { hostPath, guestPath } = await storage.prepare(
        asked,
        { directory: into, share: loneShare, limitBytes: 1e9 },
        never,
      )
      const shown = (text: string) => text.replace(uuid, '<uuid>')
      return { file: shown(hostPath.slice(into.length + 1)), target: shown(guestPath) }
    },
    { errors: 'any' },
  )

  it('lets go of everything', async () => {
    await storage.stop()
    await server.close()
    rmSync(directory, { recursive: true })
  })
})
