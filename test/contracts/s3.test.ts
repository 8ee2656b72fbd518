import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { UploadAddress } from '#contracts/publisher.ts'
import type { Execution } from '#models/execution.ts'
import type { JobId } from '#models/ids.ts'
import type { UploadRequest } from '#models/messages/messages.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { bringArchive, resultLimits } from '#providers/bring-archive.ts'
import { packFolder } from '#providers/pack-folder.ts'
import type { S3Clients } from '#providers/s3/clients.ts'
import { S3Downloader } from '#providers/s3/downloader.ts'
import { ManagedPublisher } from '#providers/s3/managed-publisher.ts'
import { S3Publisher } from '#providers/s3/publisher.ts'
import { defaultS3Settings } from '#providers/s3/settings.ts'
import { objectUrlPath } from '#providers/s3/signed-get.ts'
import { S3Signer } from '#providers/s3/signer.ts'
import { S3Storage } from '#providers/s3/storage.ts'
import { unpackTarGz } from '#providers/unpack-tar.ts'
import { UrlDownloader } from '#providers/url/downloader.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { fileCache } from '../kit/file-cache.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { s3Clients } from '../kit/s3.ts'
import { describeVectors, type VectorCase, vectorCases } from '../kit/vectors.ts'
import { withSwift } from '../kit/with-swift.ts'
import { downloaderSuite } from './downloader.suite.ts'
import { publisherSuite } from './publisher.suite.ts'
import { storageSuite } from './storage.suite.ts'

const clock = new SystemClock()
const never = new AbortController().signal
const proxyFor = () => undefined
const Bucket = 'jobs'

withSwift((store) => {
  let clients: S3Clients
  let client: S3Client
  beforeAll(async () => {
    clients = s3Clients(store())
    client = await clients.of({ Region: store().region, Endpoint: store().endpoint })
    await client.send(new CreateBucketCommand({ Bucket }))
  })
  afterAll(() => clients.stop())

  const place = () => ({ Region: store().region, Endpoint: store().endpoint })
  const source = (Params: Record<string, unknown>): SpecConfig => ({
    Type: 's3',
    Params: { Bucket, ...place(), ...Params },
  })
  const put = async (Key: string, Body: string | Buffer, bucket = Bucket) => {
    const ContentType = Key.endsWith('/') ? 'application/x-directory' : 'text/plain'
    return client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType }))
  }
  const storage = () => new S3Storage(defaultS3Settings, clients, { clock })
  const publisher = () => new S3Publisher(clients, { clock, pack: packFolder })

  storageSuite('s3', async () => ({
    storage: storage(),
    holding: async (content) => {
      const Key = `suite/${content.length}.bin`
      await put(Key, content)
      return source({ Key })
    },
    good: source({ Key: 'suite/' }),
    malformed: { Type: 's3', Params: { Bucket: '' } },
    missing: source({ Key: 'nothing/here' }),
    close: async () => {},
  }))

  const fetchInto = async (published: SpecConfig, directory: string) => {
    const byUrl = new UrlDownloader(
      { readTimeoutMs: 50_000, retries: 0, maxBytes: 0 },
      { clock, random: systemRandom, bring: bringArchive, proxyFor },
    )
    const downloader = new S3Downloader({ clients, clock, byUrl, unpack: unpackTarGz, limits: resultLimits })
    await downloader.download(published, directory, () => {}, never)
  }
  for (const Encoding of ['gzip', 'plain']) {
    publisherSuite(`s3 (${Encoding})`, async () => ({
      publisher: publisher(),
      spec: { Type: 's3', Params: { Bucket, Key: `results/${Encoding}/{jobID}/{executionID}`, Encoding, ...place() } },
      fetch: fetchInto,
      stored: async () => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'results/' }))
        return Contents.map(({ Key = '' }) => Key)
      },
      close: async () => {},
    }))
  }

  publisherSuite('s3managed', async () => {
    const managed = {
      bucket: Bucket,
      prefix: 'managed/',
      expiresMs: 60_000,
      region: place().Region,
      endpoint: place().Endpoint,
    }
    const signer = new S3Signer({ clients, expiresMs: 0, managed, onError: (error) => expect.fail(String(error)) })
    const uploadAddress: UploadAddress = ({ JobID, ExecutionID: ID }) =>
      signer.uploadAddress!({ JobID, ID } as Execution)
    const ofNode = new ManagedPublisher({ uploadAddress, write: writeArchive })
    return {
      publisher: ofNode,
      spec: { Type: 's3managed' },
      fetch: async (published, directory) => {
        const { JobID, ExecutionID: ID } = published.Params as UploadRequest
        const signed = await signer.signed(published, { Type: 's3managed' }, { JobID, ID } as Execution)
        expect(signed).toMatchObject({ Type: 's3PreSigned', Params: { Managed: true } })
        await fetchInto(signed, directory)
      },
      stored: async () => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'managed/' }))
        return Contents.map(({ Key = '' }) => Key)
      },
      close: () => ofNode.stop(),
    }
  })

  describe('plain results are signed object by object', () => {
    const signedFor = async (Key: string) => {
      const signer = new S3Signer({ clients, expiresMs: 60_000, onError: (error) => expect.fail(String(error)) })
      const spec = { Type: 's3', Params: { Bucket, Key, Encoding: 'plain', ...place() } }
      const resultDirectory = mkdtempSync(join(tmpdir(), 'bacalhau-plain-'))
      mkdirSync(join(resultDirectory, 'outputs'))
      writeFileSync(join(resultDirectory, 'outputs/é +?.tar.gz'), 'no archive')
      writeFileSync(join(resultDirectory, 'stdout'), 'out')
      const asked = publishRequest(spec, resultDirectory)
      const published = await publisher().publish(asked, never)
      rmSync(resultDirectory, { recursive: true })
      return signer.signed(published, spec, {
        ID: asked.executionId,
        JobID: asked.jobId,
        NodeID: asked.nodeId,
      } as Execution)
    }

    it('and come whole to who has no credentials, or only what is wanted of them [R198]', async () => {
      const signed = await signedFor('plain-signed/{executionID}')
      const nobody = s3Clients({ ...store(), accessKeyId: '', secretAccessKey: '' })
      const byUrl = { types: [], download: async () => expect.fail('not this way') }
      const deps = { clients: nobody, clock, byUrl, unpack: unpackTarGz, limits: resultLimits }
      const directory = mkdtempSync(join(tmpdir(), 'bacalhau-plain-'))
      await new S3Downloader(deps).download(signed, directory, () => {}, never)
      expect(readFileSync(join(directory, 'outputs/é +?.tar.gz'), 'utf8')).toBe('no archive')
      expect(readFileSync(join(directory, 'stdout'), 'utf8')).toBe('out')
      const told: unknown[] = []
      const alone = join(directory, 'alone')
      mkdirSync(alone)
      const isWanted = (path: string) => path === 'stdout'
      await new S3Downloader(deps).download(signed, alone, (...far) => told.push(far), never, isWanted)
      expect([readdirSync(alone), told]).toEqual([['stdout'], [[3, 3]]])
      rmSync(directory, { recursive: true })
      await nobody.stop()
    })

    it('but not where others may have put something, also who chose the id of the job', async () => {
      await put('shared/secret', 'of others')
      for (const Key of ['shared', 'shared/{jobID}'])
        expect((await signedFor(Key)).Params).not.toHaveProperty('Objects')
    })
  })

  downloaderSuite('s3', async () => ({
    downloader: new S3Downloader({
      clients,
      clock,
      byUrl: new UrlDownloader(
        { readTimeoutMs: 50_000, retries: 0, maxBytes: 0 },
        { clock, random: systemRandom, bring: bringArchive, proxyFor },
      ),
      unpack: unpackTarGz,
      limits: resultLimits,
    }),
    published: (resultDirectory) =>
      publisher().publish(
        publishRequest({ Type: 's3', Params: { Bucket, Key: 'downloads/result', ...place() } }, resultDirectory),
        never,
      ),
    missing: source({ Key: 'nothing/here.tar.gz' }),
    close: async () => {},
  }))

  describe('inputs from S3', () => {
    const folders: string[] = []
    afterEach(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })
    const share = (index = 0, count = 1, jobId = 'j-1') => ({ jobId: jobId as JobId, jobVersion: 1, index, count })
    const preparedInput = async (spec: SpecConfig, part = share(), from = storage()) => {
      const directory = mkdtempSync(join(tmpdir(), 'bacalhau-s3-'))
      folders.push(directory)
      const input = { Source: spec, Alias: '', Target: '/in' }
      return from.prepare(input, { directory, share: part, limitBytes: 1e9 }, never)
    }
    const prepared = async (...asked: Parameters<typeof preparedInput>) => (await preparedInput(...asked)).hostPath
    const filesOf = (root: string): Record<string, string | null> =>
      Object.fromEntries(
        readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
          const path = join(entry.parentPath, entry.name)
          const name = path.slice(root.length + 1)
          return entry.isDirectory() ? [`${name}/`, null] : [name, readFileSync(path, 'utf8')]
        }),
      )

    describe('lie where the recorded system puts them [R169-R172]', () => {
      const firstCase = vectorCases('s3-expand.json')?.[0]?.raw
      const keys = ((firstCase?.['v1.4.0'] as { bucket?: string[] })?.bucket ?? firstCase?.['bucket'] ?? []) as string[]
      beforeAll(async () => {
        await client.send(new CreateBucketCommand({ Bucket: 'recorded' }))
        for (const key of keys) await put(key, `content of ${key}`, 'recorded')
      })
      const once = new Set<string>()
      /** One case of each key is enough here: what filters do is judged without a store. */
      const isSeen = ({ in: { key }, index }: VectorCase) => {
        if (once.has(key)) return index !== 0
        once.add(key)
        return false
      }
      describeVectors(
        's3-expand.json',
        async ({ key, filter, partitions = 1, index = 0 }) => {
          const spec = source({ Bucket: 'recorded', Key: key, Filter: filter })
          const part = share(index, partitions, `${key}`)
          const bytes = await storage().sizeBytes(spec, part, never)
          return { bytes, files: filesOf(await prepared(spec, part)) }
        },
        { versions: ['v1.4.0'], errors: 'any', skip: isSeen },
      )
    })

    it('come whole in pieces, also large ones', async () => {
      const content = randomBytes(70_000_000)
      await put('large.bin', content)
      const root = await prepared(source({ Key: 'large.bin' }))
      const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64')
      expect(sha256(readFileSync(join(root, 'large.bin')))).toBe(sha256(content))
      await prepared(source({ Key: 'large.bin', ChecksumSHA256: sha256(content) }))
      await expect(prepared(source({ Key: 'large.bin', ChecksumSHA256: 'AAAA' }))).rejects.toMatchObject({
        message: `checksum mismatch for s3://jobs/large.bin, expected AAAA, got ${sha256(content)}`,
        details: { FailureClass: 'user' },
      })
    })

    it('are dealt out to partitions, whoever takes them', async () => {
      const keys = Array.from({ length: 20 }, (_, n) => `parts/${n}.txt`)
      for (const key of keys) await put(key, key)
      const spec = source({ Key: 'parts/', Partition: { Type: 'object' } })
      const dealt = await Promise.all(
        [0, 1, 2].map(async (index) => Object.keys(filesOf(await prepared(spec, share(index, 3))))),
      )
      expect(dealt.flat().sort()).toEqual(keys.map((key) => key.slice('parts/'.length)).sort())
      expect(dealt.every((each) => each.length > 0)).toBe(true)
    })

    it('are the same for all executions of a job, and looked for again for the next job', async () => {
      await put('changing/a', 'a')
      const from = storage()
      const spec = source({ Key: 'changing/' })
      expect(filesOf(await prepared(spec, share(), from))).toEqual({ a: 'a' })
      await put('changing/b', 'b')
      expect(filesOf(await prepared(spec, share(), from))).toEqual({ a: 'a' })
      expect(filesOf(await prepared(spec, share(0, 1, 'j-2'), from))).toEqual({ a: 'a', b: 'b' })
    })

    it('have names of every kind', async () => {
      for (const key of ['names/é☃ space+plus.txt', 'names/new\nline', 'names/%41&?#.txt']) await put(key, 'x')
      expect(Object.keys(filesOf(await prepared(source({ Key: 'names/' })))).sort()).toEqual(
        ['%41&?#.txt', 'new\nline', 'é☃ space+plus.txt'].sort(),
      )
    })

    it('come by the short way, with a signature that the store takes for every name and piece', async () => {
      const get = await clients.getter(place())
      for (const key of ['short/é☃ space+plus.txt', "short/!'()*~_-.@,;:=$", 'short/%41&?#', 'short//two']) {
        await put(key, 'content')
        for (const [headers, status, text] of [
          [{}, 200, 'content'],
          [{ range: 'bytes=3-5' }, 206, 'ten'],
        ] as const) {
          const answer = await get!.answer(objectUrlPath(Bucket, key), headers, never)
          expect([key, answer.statusCode, await answer.body.text()]).toEqual([key, status, text])
        }
        const whole = await get!.whole(objectUrlPath(Bucket, key), {}, 'content'.length, never)
        expect(Buffer.concat(whole).toString()).toBe('content')
      }
    })

    it.each([
      [
        'two that share a name as file and folder',
        ['twice/a', 'twice/a/b'],
        'twice/',
        /another object of this input has the same name/,
      ],
      ['a name that is too long', [`long/${'n'.repeat(300)}`], 'long/', /its name is too long/],
      ['a way out of the folder', ['out/../../secret'], 'out/', /leads out of its folder/],
    ])('fail with a reason for %s', async (_name, keys, Key, message) => {
      for (const key of keys) await put(key, 'x')
      const fault = await prepared(source({ Key })).catch((error: Error) => error)
      expect(fault).toMatchObject({ name: 'Fault', message: expect.stringMatching(message) })
    })

    it.each([
      ['no such bucket', { Bucket: 'not-there', Key: 'a/' }, 'NotFound', 'user'],
      ['no such key', { Key: 'not/there' }, 'NotFound', 'user'],
    ])('fail with a class for %s', async (_name, params, code, FailureClass) => {
      await expect(prepared(source(params))).rejects.toMatchObject({ code, details: { FailureClass } })
    })

    it("fail as the node's fault when its credentials are wrong", async () => {
      const wrong = s3Clients({ ...store(), secretAccessKey: 'wrong' })
      const from = new S3Storage(defaultS3Settings, wrong, { clock })
      await expect(prepared(source({ Key: 'suite/' }), share(), from)).rejects.toMatchObject({
        code: 'Forbidden',
        details: { FailureClass: 'node' },
        hint: expect.stringContaining('credentials'),
      })
      await wrong.stop()
    })

    it('are asked for as anybody where the operator does not trust the endpoint', async () => {
      const anybody = s3Clients(store(), { trustedEndpoints: [] })
      const from = new S3Storage(defaultS3Settings, anybody, { clock })
      await expect(prepared(source({ Key: 'suite/' }), share(), from)).rejects.toMatchObject({ name: 'Fault' })
      await anybody.stop()
    })

    it('come from what is kept when nothing has changed in the bucket', async () => {
      for (const n of [1, 2, 3]) await put(`again/${n}`, `content ${n}`)
      const cache = await fileCache(folders)
      const from = new S3Storage(defaultS3Settings, clients, { clock, cache })
      const took = async (Key: string, jobId: string) => {
        const { hostPath, origins = [] } = await preparedInput(source({ Key }), share(0, 1, jobId), from)
        return { files: filesOf(hostPath), origins: [...origins].sort() }
      }
      const contents = (second: string) => ({ 1: 'content 1', 2: second, 3: 'content 3' })
      expect(await took('again/', 'j-1')).toEqual({ files: contents('content 2'), origins: ['brought'] })
      expect(await took('again/', 'j-2')).toEqual({ files: contents('content 2'), origins: ['kept'] })
      await put('again/2', 'changed')
      expect(await took('again/', 'j-3')).toEqual({ files: contents('changed'), origins: ['brought', 'kept'] })
      await cache.stop()
    })

    it('are readable by every user of a container', async () => {
      await put('modes/a', 'a')
      expect(statSync(join(await prepared(source({ Key: 'modes/' })), 'a')).mode & 0o004).toBe(0o004)
    })
  })
})
