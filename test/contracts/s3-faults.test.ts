import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { packFolder } from '#providers/pack-folder.ts'
import { S3Clients } from '#providers/s3/clients.ts'
import { ManagedPublisher } from '#providers/s3/managed-publisher.ts'
import { S3Publisher } from '#providers/s3/publisher.ts'
import { defaultS3Settings } from '#providers/s3/settings.ts'
import { S3Storage } from '#providers/s3/storage.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { loneShare } from '../kit/lone-share.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { s3Clients } from '../kit/s3.ts'
import { type Misdeed, S3Server } from '../kit/s3-server.ts'
import { canMount, mountDisk, unmountDisk } from '../kit/small-disk.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'
import { webServer } from '../kit/web-server.ts'

/** Pauses between attempts take no time here. */
const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
const never = new AbortController().signal
const Bucket = 'b'
const mebibyte = 1024 * 1024

let store: S3Server
let clients: S3Clients
let folder: string
beforeEach(async () => {
  store = await S3Server.start()
  store.buckets.make(Bucket)
  clients = s3Clients({ endpoint: store.endpoint, region: 'us-east-1', accessKeyId: 'id', secretAccessKey: 'secret' })
  folder = mkdtempSync(join(tmpdir(), 'bacalhau-s3-faults-'))
})
afterEach(async () => {
  await clients.stop()
  await store.close()
  rmSync(folder, { recursive: true })
})

const place = (Key: string) => ({ Type: 's3', Params: { Bucket, Key, Endpoint: store.endpoint, Region: 'us-east-1' } })
const prepared = async (Key: string, directory = folder, by = clients) => {
  const input = { Source: place(Key), Alias: '', Target: '/in' }
  const storage = new S3Storage(defaultS3Settings, by, { clock })
  return (await storage.prepare(input, { directory, share: loneShare, limitBytes: 1e9 }, never)).hostPath
}
const publish = (Encoding: string, resultDirectory: string, signal = never) => {
  const publisher = new S3Publisher(clients, { clock, pack: packFolder })
  const { Type, Params } = place('out/result')
  return publisher.publish(publishRequest({ Type, Params: { ...Params, Encoding } }, resultDirectory), signal)
}
/** Misbehaves so often for each of these requests, then no more. */
const atFirst = (times: number, misdeed: Misdeed, methods: readonly string[]) => {
  const left = new Map<string, number>()
  store.misdeed = ({ method, key, query }) => {
    if (!methods.includes(method)) return undefined
    const what = `${method} ${key} ${query.get('partNumber')}`
    const more = left.get(what) ?? times
    left.set(what, more - 1)
    return more > 0 ? misdeed : undefined
  }
}

describe('inputs from a store that misbehaves', () => {
  it('come whole though each answer breaks off, and what has come is not sent again', async () => {
    const large = randomBytes(3 * mebibyte)
    store.buckets.put(Bucket, 'in/large', large)
    store.buckets.put(Bucket, 'in/small', 'small')
    atFirst(5, {}, ['GET'])
    const root = await prepared('in/')
    expect(readFileSync(join(root, 'large')).equals(large)).toBe(true)
    expect(readFileSync(join(root, 'small'), 'utf8')).toBe('small')
    // What was on its way when the line broke may be lost.
    expect(store.sentBytes).toBeLessThan(1.2 * large.length)
  })

  it.each(['PermanentRedirect', ''])(
    'that lie in another region say so, whatever code the store gives with that: %j',
    async (code) => {
      store.buckets.put(Bucket, 'file', 'x')
      store.misdeed = () => ({ refuses: 301, code })
      const fault = await prepared('file').catch((error: unknown) => error)
      expect(fault).toMatchObject({
        code: 'BadRequest',
        hint: 'Check the region of the bucket',
        details: { FailureClass: 'user' },
      })
    },
  )

  it('are not asked for as anybody while credentials that are set up cannot be had, and come when they can', async () => {
    store.buckets.put(Bucket, 'file', 'x')
    store.misdeed = ({ headers }) => (headers.authorization ? undefined : { refuses: 403, code: 'AccessDenied' })
    let credentials = async () => Promise.reject<{ accessKeyId: string; secretAccessKey: string }>(new Error('no role'))
    const time = new StepClock()
    const settings = { ...defaultS3Settings, trustedEndpoints: [store.endpoint] }
    const given = { clock: time, environment: {}, credentials: () => credentials() }
    const withRole = new S3Clients(settings, given)
    onTestFinished(() => withRole.stop())
    await expect(prepared('file', folder, withRole)).rejects.toMatchObject({
      message: 'this node has no AWS credentials: no role',
      details: { FailureClass: 'node' },
    })
    expect(store.asked).toEqual([])
    const orAnybody = new S3Clients({ ...settings, isAnonymousTaken: true }, given)
    onTestFinished(() => orAnybody.stop())
    await expect(prepared('file', folder, orAnybody)).rejects.toMatchObject({
      hint: expect.stringContaining('Compute.S3.TrustedEndpoints'),
    })
    credentials = async () => ({ accessKeyId: 'id', secretAccessKey: 'secret' })
    time.goTo(60_000)
    for (const [i, each] of [withRole, orAnybody].entries()) {
      const root = await prepared('file', mkdtempSync(join(folder, `in-${i}-`)), each)
      expect(readFileSync(join(root, 'file'), 'utf8')).toBe('x')
    }
  })

  it('are asked for again, each by itself, however many a store refuses for now', async () => {
    const keys = Array.from({ length: 150 }, (_, i) => `k${i}`)
    for (const key of keys) store.buckets.put(Bucket, key, key)
    atFirst(1, { refuses: 500 }, ['HEAD'])
    const all = await Promise.all(keys.map((key) => prepared(key, mkdtempSync(join(folder, 'in-')))))
    expect(all.map((root, i) => readFileSync(join(root, `k${i}`), 'utf8'))).toEqual(keys)
  })

  it('that a store refuses without a word, as strangers, are told with what may help', async () => {
    const web = await webServer((_, reply) => void reply.writeHead(400).end())
    onTestFinished(() => web.close())
    const { Type, Params } = place('file')
    const storage = new S3Storage(defaultS3Settings, clients, { clock })
    const source = { Type, Params: { ...Params, Endpoint: web.url('') } }
    await expect(storage.sizeBytes(source, loneShare, never)).rejects.toMatchObject({
      message: 's3://b/file: Unknown (status 400)',
      hint: expect.stringContaining('Compute.S3.TrustedEndpoints'),
    })
  })

  it('that come from something else than a store say so, and what may help [R176]', async () => {
    const web = await webServer((_, reply) => void reply.writeHead(412, { 'Content-Type': 'text/html' }).end('Bad URL'))
    onTestFinished(() => web.close())
    const { Type, Params } = place('in/')
    const input = { Source: { Type, Params: { ...Params, Endpoint: web.url('') } }, Alias: '', Target: '/in' }
    const storage = new S3Storage(defaultS3Settings, clients, { clock })
    await expect(storage.sizeBytes(input.Source, loneShare, never)).rejects.toMatchObject({
      message: expect.stringMatching(/s3:\/\/b\/in\/: the answer is none of an S3 store \(status 412\)$/),
      hint: expect.stringContaining('Compute.S3.TrustedEndpoints'),
      isRetryable: true,
    })
  })

  it('are read by a node whose clock is wrong: it takes the time of the store', async () => {
    store.aheadMs = 3_600_000
    store.buckets.put(Bucket, 'one', 'of one key')
    store.buckets.put(Bucket, 'in/a', 'of a prefix')
    expect(readFileSync(join(await prepared('one'), 'one'), 'utf8')).toBe('of one key')
    mkdirSync(join(folder, 'again'))
    expect(readFileSync(join(await prepared('in/', join(folder, 'again')), 'a'), 'utf8')).toBe('of a prefix')
  })

  it('that change while they are read are not put together from two states', async () => {
    store.buckets.put(Bucket, 'one', 'a'.repeat(mebibyte))
    atFirst(1, {}, ['GET'])
    const { misdeed } = store
    store.misdeed = (asked) => {
      if (asked.headers.range) store.buckets.put(Bucket, 'one', 'b'.repeat(mebibyte))
      return misdeed(asked)
    }
    await expect(prepared('one')).rejects.toMatchObject({
      message: expect.stringContaining('PreconditionFailed'),
      details: { FailureClass: 'transient' },
    })
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(!canMount)('leave nothing on a disk that is full, which is told', async () => {
    mountDisk(folder, 'size=256k')
    try {
      store.buckets.put(Bucket, 'in/small', 'small')
      store.buckets.put(Bucket, 'in/too-large', Buffer.alloc(mebibyte))
      // Whichever comes last finds no room.
      const message = expect.stringMatching(/^s3:\/\/b\/in\/(small|too-large): ENOSPC/)
      await expect(prepared('in/')).rejects.toMatchObject({ code: 'StorageFull', message })
      expect(readdirSync(folder)).toEqual([])
    } finally {
      unmountDisk(folder)
    }
  })
})

describe('results for a store that misbehaves', () => {
  const result = (sizeBytes: number) => {
    writeFileSync(join(folder, 'stdout'), randomBytes(sizeBytes))
    writeFileSync(join(folder, 'exitCode'), '0')
    return folder
  }

  it.each(['plain', 'gzip'])('are there once and whole, and no part of one is left: %s', async (Encoding) => {
    atFirst(2, { refuses: 503 }, ['PUT', 'POST'])
    const directory = result(33 * mebibyte)
    await publish(Encoding, directory)
    const keys = Encoding === 'plain' ? ['out/result/exitCode', 'out/result/stdout'] : ['out/result.tar.gz']
    expect(store.buckets.keys(Bucket)).toEqual(keys)
    expect(store.buckets.openUploads()).toBe(0)
    if (Encoding === 'plain') {
      const sent = store.buckets.get(Bucket, 'out/result/stdout')!.bytes
      expect(sent.equals(readFileSync(join(directory, 'stdout')))).toBe(true)
    }
  })

  it('with names too long for its keys say what leaves them more room', async () => {
    store.misdeed = () => ({ refuses: 400, code: 'KeyTooLongError' })
    await expect(publish('plain', result(1))).rejects.toMatchObject({
      hint: expect.stringMatching(/^A key has at most 1,024 bytes/),
      details: { FailureClass: 'user' },
    })
  })

  it('that are broken off leave no parts behind that somebody pays for', async () => {
    const told = new AbortController()
    store.misdeed = ({ method, query }) => {
      if (method === 'PUT' && query.get('partNumber') === '2') told.abort(new Error('stop'))
      return undefined
    }
    await expect(publish('plain', result(33 * mebibyte), told.signal)).rejects.toThrow('stop')
    await until('the parts are gone', () => store.buckets.openUploads() === 0)
    expect(store.buckets.keys(Bucket)).not.toContain('out/result/stdout')
  })
})

describe('results for the bucket of the operator', () => {
  const address = async () => `${store.endpoint}/${Bucket}/managed/e-1.tar.gz`
  const publishManaged = async (uploadAddress = address) => {
    const publisher = new ManagedPublisher({ uploadAddress, write: writeArchive })
    const resultDirectory = join(folder, 'result')
    mkdirSync(resultDirectory)
    await publisher.publish(publishRequest({ Type: 's3managed' }, resultDirectory), never).finally(async () => {
      expect(readdirSync(folder)).toEqual(['result'])
      await publisher.stop()
    })
  }

  it.each([
    ['that it refuses can be taken later', 'AccessDenied', 403, 'transient'],
    ['that are too large for it would be too large again', 'EntityTooLarge', 400, 'user'],
  ])('%s', async (_, code, refuses, reason) => {
    store.misdeed = () => ({ refuses, code })
    await expect(publishManaged()).rejects.toMatchObject({ details: { FailureClass: reason } })
  })

  it('wait for an orchestrator whose credentials cannot be had', async () => {
    const lost = new Fault('Forbidden', 'this node has no AWS credentials: no role', {
      details: { FailureClass: 'node' },
    })
    await expect(publishManaged(async () => Promise.reject(lost))).rejects.toMatchObject({
      message: expect.stringMatching(/the orchestrator says: this node has no AWS credentials: no role$/),
      details: { FailureClass: 'transient' },
    })
  })
})
