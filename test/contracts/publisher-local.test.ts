import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newExecutionId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { SystemClock } from '#platform/clock.ts'
import { LocalPublisher } from '#providers/local/publisher.ts'
import type { LocalPublisherSettings } from '#providers/local/settings.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { until } from '../kit/until.ts'
import { publisherSuite } from './publisher.suite.ts'

const deps = { clock: new SystemClock(), write: writeArchive, read: readPart }
const never = new AbortController().signal
const urlOf = (published: SpecConfig): string => String(published.Params?.['URL'])
const keep = { ageMs: 0, sizeBytes: 0 }

publisherSuite('local', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'bacalhau-local-publisher-')), 'results')
  const publisher = new LocalPublisher({ address: 'loopback', port: 0, directory, retention: keep }, deps)
  await publisher.start()
  const bytes = async (published: SpecConfig) => Buffer.from(await (await fetch(urlOf(published))).arrayBuffer())
  return {
    publisher,
    spec: { Type: 'local' },
    fetch: async (published, into) => {
      execFileSync('tar', ['-xzf', '-', '-C', into], { input: await bytes(published) })
    },
    bytes,
    stored: async () => readdirSync(directory),
    close: async () => {
      await publisher.stop()
      rmSync(join(directory, '..'), { recursive: true })
    },
  }
})

describe('local publisher', () => {
  let root: string
  const started: LocalPublisher[] = []
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-local-publisher-'))
    mkdirSync(join(root, 'result'))
    writeFileSync(join(root, 'result/stdout'), 'hello\n')
  })
  afterEach(async () => {
    for (const publisher of started.splice(0)) await publisher.stop()
    rmSync(root, { recursive: true })
  })

  const start = async (more: Partial<LocalPublisherSettings> = {}) => {
    const settings = { address: 'loopback', port: 0, directory: join(root, 'kept'), retention: keep, ...more }
    const publisher = new LocalPublisher(settings, deps)
    await publisher.start()
    started.push(publisher)
    return publisher
  }
  const publish = (publisher: LocalPublisher, executionId = newExecutionId(randomUUID())) =>
    publisher.publish({ ...publishRequest({ Type: 'local' }, join(root, 'result')), executionId }, never)

  it('publishes a URL that ends with the name of the execution, at an address that answers [R186, R188, R189, X5]', async () => {
    const executionId = newExecutionId(randomUUID())
    for (const address of ['public', 'loopback', 'any']) {
      const publisher = await start({ address })
      const published = await publish(publisher, executionId)
      expect(published.Type).toBe('urlDownload')
      expect(urlOf(published)).toMatch(
        new RegExp(`^http://[0-9.:[\\]a-f]+:${publisher.port}/${executionId}\\.tar\\.gz$`),
      )
      expect((await fetch(urlOf(published))).status).toBe(200)
    }
  })

  it('lists nothing and gives nothing else out [S8]', async () => {
    const publisher = await start()
    await publish(publisher)
    writeFileSync(join(root, 'kept/secret'), 'SECRET')
    writeFileSync(join(root, 'outside.tar.gz'), 'SECRET')
    symlinkSync(join(root, 'outside.tar.gz'), join(root, 'kept/link.tar.gz'))
    const base = `http://127.0.0.1:${publisher.port}`
    for (const path of [
      '/',
      '',
      '/secret',
      '/link.tar.gz',
      '/..%2foutside.tar.gz',
      '/../outside.tar.gz',
      '//kept',
      '/none.tar.gz',
    ]) {
      const reply = await fetch(base + path)
      expect([path, reply.status, await reply.text()]).toEqual([path, 404, ''])
    }
    expect((await fetch(base, { method: 'POST' })).status).toBe(405)
  })

  it('answers ranges, so that downloads can be resumed', async () => {
    const url = urlOf(await publish(await start()))
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer())
    const ask = async (Range: string, more = {}) => {
      const reply = await fetch(url, { headers: { Range, ...more } })
      return {
        status: reply.status,
        range: reply.headers.get('content-range'),
        body: Buffer.from(await reply.arrayBuffer()),
      }
    }
    const part = await ask('bytes=5-')
    expect(part).toMatchObject({ status: 206, range: `bytes 5-${whole.length - 1}/${whole.length}` })
    expect(part.body.equals(whole.subarray(5))).toBe(true)
    expect((await ask('bytes=0-3')).body.equals(whole.subarray(0, 4))).toBe(true)
    expect((await ask('bytes=-4')).body.equals(whole.subarray(-4))).toBe(true)
    expect(await ask(`bytes=${whole.length}-`)).toMatchObject({ status: 416 })
    expect((await ask('bytes=5-', { 'If-Range': '"other"' })).status).toBe(200)
    expect((await ask('lines=1-2')).status).toBe(200)
    const head = await fetch(url, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(whole.length))
  })

  it('keeps results over a restart, on the same port the same URL [R190]', async () => {
    const first = await start()
    const url = urlOf(await publish(first))
    const { port } = first
    await first.stop()
    await expect(fetch(url)).rejects.toThrow()
    writeFileSync(join(root, 'kept/e-1.tar.gz.part-0123'), 'half')
    await start({ port })
    expect((await fetch(url)).status).toBe(200)
    expect(readdirSync(join(root, 'kept')).filter((name) => name.includes('part'))).toEqual([])
  })

  it('removes the oldest results when retention says so, never the fresh one [R190]', async () => {
    const publisher = await start({ retention: { ageMs: 3_600_000, sizeBytes: 0 } })
    const old = newExecutionId(randomUUID())
    await publish(publisher, old)
    utimesSync(join(root, `kept/${old}.tar.gz`), 1_000, 1_000)
    const fresh = newExecutionId(randomUUID())
    await publish(publisher, fresh)
    expect(readdirSync(join(root, 'kept'))).toEqual([`${fresh}.tar.gz`])
    const small = await start({ retention: { ageMs: 0, sizeBytes: 1 } })
    const last = newExecutionId(randomUUID())
    await publish(small, last)
    expect(readdirSync(join(root, 'kept'))).toEqual([`${last}.tar.gz`])
  })

  it('removes what has grown old also while nothing is published [L7]', async () => {
    const publisher = await start({ retention: { ageMs: 100, sizeBytes: 0 } })
    await publish(publisher)
    await until('it is gone', () => readdirSync(join(root, 'kept')).length === 0, 60_000)
  })

  it('says clearly that its port is taken', async () => {
    const { port } = await start()
    await expect(start({ port })).rejects.toMatchObject({
      code: 'ResourceInUse',
      hint: expect.stringContaining('Port'),
    })
  })

  it('gives no link out as a result it keeps', async () => {
    const publisher = await start()
    const executionId = newExecutionId(randomUUID())
    writeFileSync(join(root, 'secret'), 'SECRET')
    symlinkSync(join(root, 'secret'), join(root, `kept/${executionId}.tar.gz`))
    expect(await publisher.readKept({ executionId, offset: 0, limitBytes: 10 })).toBeUndefined()
  })

  it('makes no file name of what is no execution id', async () => {
    await expect(publish(await start(), '../x' as never)).rejects.toThrow('is not an execution id')
  })

  it('is not installed while its server does not run', async () => {
    const publisher = await start()
    await publisher.stop()
    expect(await publisher.isInstalled()).toMatchObject({ isYes: false })
    await expect(publish(publisher)).rejects.toThrow('does not run')
    expect(readFileSync(join(root, 'result/stdout'), 'utf8')).toBe('hello\n')
  })
})
