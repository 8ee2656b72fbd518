import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpecConfig } from '#models/spec-config.ts'
import { type KuboNode, kuboNode } from '../../kit/kubo-node.ts'
import { type Nginx, withNginx } from '../../kit/nginx.ts'
import { allowedFixtures, localInput, modulePath, Product, type Server, toolJob } from '../../kit/product.ts'
import { fillBucket } from '../../kit/s3.ts'
import type { S3Store } from '../../kit/swift-store.ts'
import { withSwift } from '../../kit/with-swift.ts'
import { ended, type ShownJob } from '../crash/processes.ts'

/** Larger than what is read at once, and of every byte. */
const content = randomBytes(300_000)
const bucket = 'round-trips'

type Place = { store: S3Store; nginx: Nginx; folder: string; cid: string }
const s3Place = ({ store }: Place) => ({ Bucket: bucket, Region: store.region, Endpoint: store.endpoint })

/** Where the same file comes from, at `/in/data.bin`. */
const sources: Record<string, (place: Place) => { Source: SpecConfig; Target: string }> = {
  inline: () => ({
    Source: { Type: 'inline', Params: { URL: `data:application/octet-stream;base64,${content.toString('base64')}` } },
    Target: '/in/data.bin',
  }),
  localDirectory: ({ folder }) => localInput(`${folder}/data`, '/in'),
  urlDownload: ({ nginx }) => ({
    Source: { Type: 'urlDownload', Params: { URL: nginx.url('/moved/data.bin') } },
    Target: '/in',
  }),
  s3: (place) => ({ Source: { Type: 's3', Params: { ...s3Place(place), Key: 'in/' } }, Target: '/in' }),
  upload: ({ folder }) => ({ Source: { Type: 'upload', Params: { Path: `${folder}/data` } }, Target: '/in' }),
  ipfs: ({ cid }) => ({ Source: { Type: 'ipfs', Params: { CID: cid } }, Target: '/in' }),
}

/** Where the result goes to. */
const publishers: Record<string, (place: Place) => SpecConfig> = {
  local: () => ({ Type: 'local', Params: {} }),
  link: () => ({ Type: 'link', Params: {} }),
  s3: (place) => ({ Type: 's3', Params: { ...s3Place(place), Key: 'out/{jobID}/{executionID}' } }),
  's3, plain objects': (place) => ({
    Type: 's3',
    Params: { ...s3Place(place), Key: 'plain/{jobID}/{executionID}', Encoding: 'plain' },
  }),
  ipfs: () => ({ Type: 'ipfs', Params: {} }),
}

const pairs = Object.keys(sources).flatMap((source) =>
  Object.keys(publishers).map((publisher) => ({ source, publisher })),
)

/** Not in the job, and not on the node. */
const isFetched = (source: string): boolean => !['inline', 'localDirectory'].includes(source)

/** Every way in with every way out, on one node and real servers. */
withSwift((store) =>
  withNginx((nginx) => {
    let product: Product
    let server: Server
    let place: Place
    let kubo: KuboNode

    const login = () => ({ AWS_ACCESS_KEY_ID: store().accessKeyId, AWS_SECRET_ACCESS_KEY: store().secretAccessKey })

    beforeAll(async () => {
      const { endpoint } = store()
      product = await Product.start()
      kubo = await kuboNode()
      const cid = await kubo.addFolder([{ name: 'data.bin', cid: await kubo.addFile(content) }])
      place = { store: store(), nginx, folder: product.folder, cid: cid.toString() }
      await product.file('data/data.bin', content)
      nginx.file('data.bin', content)
      await fillBucket(store(), bucket, { 'in/data.bin': content })
      server = await product.serve({
        settings: {
          'Compute.S3.TrustedEndpoints': endpoint,
          'Orchestrator.S3.TrustedEndpoints': endpoint,
          'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data`,
        },
        env: { ...login(), BACALHAU_IPFS_CONNECT: kubo.endpoint },
      })
    })
    afterAll(async () => {
      await product?.stop()
      await kubo?.close()
    })

    const ran = async (task: object, words = ['cat', '/in/data.bin']): Promise<ShownJob> => {
      const shown = await ended(server.port, await server.submit(toolJob(words, { task })), 60_000)
      expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
      return shown
    }
    const got = ({ Job }: ShownJob, env = {}): Promise<string> => server.got(Job.ID, [], { env })
    /** Objects below a prefix have no address of their own that could be signed: who fetches them needs a login to the store. */
    const neededFor = (publisher: string): Record<string, string> => {
      if (publisher === 'ipfs') return { BACALHAU_IPFS_CONNECT: kubo.endpoint }
      return publisher === 's3, plain objects' ? login() : {}
    }

    describe('a round trip', () => {
      it.concurrent.each(pairs)(
        'from $source to $publisher brings the same bytes back [R139, R184, R191]',
        async (pair) => {
          const InputSources = [sources[pair.source]!(place)]
          const shown = await ran({ InputSources, Publisher: publishers[pair.publisher]!(place) })
          const told = (await server.ok(['job', 'history', shown.Job.ID, '--wide'])).replace(/\s+/g, ' ')
          if (isFetched(pair.source))
            expect(told).toMatch(
              new RegExp(`Fetched ${pair.source} at /in: 300 kB (?:in \\S+ \\(.*B/s\\)|from the cache)`),
            )
          else expect(told).not.toContain('Fetched')
          const folder = await got(shown, neededFor(pair.publisher))
          expect(readFileSync(join(folder, 'stdout')).equals(content)).toBe(true)
          expect(readdirSync(folder)).toContain('exitCode')
        },
      )

      it.concurrent.each(['s3', 's3, plain objects', 'ipfs'])(
        'goes on: what one job published to %s is what the next one reads [R193]',
        async (publisher) => {
          const first = await ran({
            InputSources: [sources['inline']!(place)],
            Publisher: publishers[publisher]!(place),
          })
          const Source = first.Executions.Items[0]!.PublishedResult!
          const isArchive = publisher === 's3'
          const name = isArchive ? String(Source.Params?.['Key']).split('/').at(-1) : 'stdout'
          const next = await ran(
            { InputSources: [{ Source, Target: '/in' }], Publisher: publishers['local']!(place) },
            ['cat', `/in/${name}`],
          )
          const read = readFileSync(join(await got(next), 'stdout'))
          const plain = isArchive ? gunzipSync(read) : read
          expect(plain.includes(content)).toBe(true)
        },
      )

      it('goes on from the signed address of a result, on which no login is needed', async () => {
        const first = await ran({ InputSources: [sources['inline']!(place)], Publisher: publishers['s3']!(place) })
        const { body } = await server.http<{ Items: SpecConfig[] }>('GET', `/orchestrator/jobs/${first.Job.ID}/results`)
        const [Source] = body.Items
        expect(Source).toMatchObject({ Type: 's3PreSigned' })
        const published = first.Executions.Items[0]?.PublishedResult
        const name = String(published?.Params?.['Key']).split('/').at(-1)
        const task = { InputSources: [{ Source, Target: '/in' }], Publisher: publishers['local']!(place) }
        const next = await ran(task, ['cat', `/in/${name}`])
        expect(gunzipSync(readFileSync(join(await got(next), 'stdout'))).includes(content)).toBe(true)
      })

      it.concurrent.each([
        { form: 'of an object', key: 'in/data.bin' },
        { form: 'of a prefix', key: 'in/' },
        { form: 'with a wildcard', key: 'in/da*' },
      ])(
        'on the command line goes from a key $form to an archive with placeholders in its name [R172, R173, R176, R194, R195, R197]',
        async ({ key }) => {
          const options = `,opt=endpoint=${place.store.endpoint},opt=region=${place.store.region}`
          const printed = await server.ok([
            ...['wasm', 'run', '-i', `s3://${bucket}/${key}${options}`],
            ...['-p', `s3://${bucket}/cli/{jobID}/{executionID}${options}`],
            ...[modulePath('tool.wasm'), 'cat', '/inputs/data.bin'],
          ])
          const shown = await ended(server.port, /j-[0-9a-f-]{36}/.exec(printed)?.[0] ?? '', 60_000)
          const Key = `cli/${shown.Job.ID}/${shown.Executions.Items[0]?.ID}.tar.gz`
          expect(shown.Executions.Items[0]?.PublishedResult).toMatchObject({
            Type: 's3',
            Params: { Bucket: bucket, Key },
          })
          expect(readFileSync(join(await got(shown), 'stdout')).equals(content)).toBe(true)
        },
      )
    })
  }),
)
