import { readFile } from 'node:fs/promises'
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { S3Clients } from '#providers/s3/clients.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { fillBucket, s3Clients } from '../../kit/s3.ts'
import { withSwift } from '../../kit/with-swift.ts'
import { ended } from '../crash/processes.ts'

const Bucket = 'journeys'

withSwift((store) => {
  let product: Product
  let server: Server
  let clients: S3Clients
  let client: S3Client
  const place = () => ({ Bucket, Region: store().region, Endpoint: store().endpoint })

  beforeAll(async () => {
    const { endpoint, accessKeyId, secretAccessKey } = store()
    product = await Product.start()
    server = await product.serve({
      settings: { 'Compute.S3.TrustedEndpoints': endpoint, 'Orchestrator.S3.TrustedEndpoints': endpoint },
      env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    })
    clients = s3Clients(store())
    client = await clients.of({ Region: store().region, Endpoint: endpoint })
    const objects = ['a', 'b', 'c'].map((name) => [`in/${name}.txt`, `${name} from S3\n`])
    await fillBucket(store(), Bucket, Object.fromEntries(objects))
  })
  afterAll(async () => {
    await clients?.stop()
    await product?.stop()
  })

  const input = (Key: string, more = {}) => ({
    Source: { Type: 's3', Params: { ...place(), Key, ...more } },
    Target: '/in',
  })

  describe('jobs with S3', () => {
    it('read objects, and their results come back by signed addresses [R169, R173, R192, R198]', async () => {
      const task = {
        InputSources: [input('in/')],
        Publisher: { Type: 's3', Params: { ...place(), Key: 'out/{jobID}/{executionID}' } },
      }
      const shown = await ended(server.port, await server.submit(toolJob(['cat', '/in/b.txt'], { task })))
      expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
      const { ID } = shown.Job
      const { body } = await server.http('GET', `/orchestrator/jobs/${ID}/results`)
      expect(body).toMatchObject({
        Items: [
          {
            Type: 's3PreSigned',
            Params: { SourceSpec: { Bucket }, PreSignedURL: expect.stringContaining('X-Amz-Signature') },
          },
        ],
      })
      const folder = await server.got(ID)
      expect(await readFile(`${folder}/stdout`, 'utf8')).toBe('b from S3\n')
    })

    it('fail with the reason and class of what is not there', async () => {
      const shown = await ended(
        server.port,
        await server.submit(toolJob(['list', '/in'], { task: { InputSources: [input('nothing')] } })),
      )
      expect(shown.Job.State).toMatchObject({
        StateType: 'Failed',
        Message: expect.stringContaining(`s3://${Bucket}/nothing: NoSuchKey`),
      })
    })

    it('deal objects out to partitions, and publish plain objects [R196]', async () => {
      const task = {
        InputSources: [input('in/*', { Partition: { Type: 'object' } })],
        Publisher: { Type: 's3', Params: { ...place(), Key: 'plain/{executionID}', Encoding: 'plain' } },
      }
      const shown = await ended(server.port, await server.submit(toolJob(['list', '/in'], { job: { Count: 3 }, task })))
      expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'plain/' }))
      expect(Contents.filter(({ Key }) => Key?.endsWith('/stdout'))).toHaveLength(3)
      // The user has no credentials for the store.
      const folder = await server.got(shown.Job.ID)
      expect((await readFile(`${folder}/stdout`, 'utf8')).match(/[abc]\.txt/g)?.sort()).toEqual([
        'a.txt',
        'b.txt',
        'c.txt',
      ])
      const outputs = shown.Executions.Items.map(({ RunOutput }) => RunOutput?.Stdout ?? '').join('')
      for (const name of ['a', 'b', 'c']) expect(outputs.split(`${name}.txt`)).toHaveLength(2)
    })
  })

  describe('a store that the operator keeps for all', () => {
    it('takes results of nodes without credentials, and gives them back to users without any [R192, R198]', async () => {
      const { endpoint, region, accessKeyId, secretAccessKey } = store()
      const settings = Object.entries({ Bucket, Key: 'kept', Region: region, Endpoint: endpoint })
      const control = await product.serve({
        roles: ['orchestrator'],
        name: 'control',
        settings: Object.fromEntries(settings.map(([key, value]) => [`Publishers.Types.S3Managed.${key}`, value])),
        env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      })
      const Orchestrators = `nats://127.0.0.1:${control.linkPort}`
      await product.serve({ roles: ['compute'], name: 'poor', settings: { 'Compute.Orchestrators': Orchestrators } })
      const task = { Publisher: { Type: 's3managed' } }
      const id = await control.submit(toolJob(['print', 'kept', '', '0'], { task }))
      const shown = await ended(control.port, id)
      expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
      const [execution] = shown.Executions.Items
      expect(execution?.PublishedResult).toMatchObject({
        Type: 's3managed',
        Params: { JobID: id, ExecutionID: execution?.ID },
      })
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'kept/' }))
      expect(Contents.map(({ Key }) => Key)).toEqual([`kept/${id}/${execution?.ID}.tar.gz`])
      const folder = await control.got(id)
      expect(await readFile(`${folder}/stdout`, 'utf8')).toBe('kept')
    })

    it('says whom to ask when the orchestrator has lost what it signs addresses with', async () => {
      const { endpoint, region, accessKeyId, secretAccessKey } = store()
      const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
      const credentials = await product.file('lost/credentials', `[default]\n${keys}`)
      const place = Object.entries({ Bucket, Key: 'lost', Region: region, Endpoint: endpoint })
      const settings = Object.fromEntries(place.map(([key, value]) => [`Publishers.Types.S3Managed.${key}`, value]))
      const env = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_EC2_METADATA_DISABLED: 'true' }
      const first = await product.serve({ name: 'lost', settings, env })
      const task = { Publisher: { Type: 's3managed' } }
      const id = await first.submit(toolJob(['print', 'kept', '', '0'], { task }))
      expect((await ended(first.port, id)).Job.State).toMatchObject({ StateType: 'Completed' })
      await first.stop()
      await product.file('lost/credentials', '')
      const again = await product.serve({ name: 'lost', settings, env })
      const { stderr } = await again.run(['job', 'get', id])
      expect(stderr).toContain('No supported downloader found')
      expect(stderr).toContain('Hint: The orchestrator could not sign an address for it')
      await again.stop()
    })

    it('that is not there fails the job of who counts on it, and says so', async () => {
      const task = { Publisher: { Type: 's3managed' } }
      const shown = await ended(server.port, await server.submit(toolJob(['print', 'lost', '', '0'], { task })))
      expect(shown.Job.State).toMatchObject({
        StateType: 'Failed',
        Message: expect.stringContaining('Managed S3 publisher is not available'),
      })
    })
  })
})
