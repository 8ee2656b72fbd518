import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { type Asked, S3Server } from '../../kit/s3-server.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

const Bucket = 'access'
const role = {
  AccessKeyId: 'FROMROLE',
  SecretAccessKey: 'secret',
  Token: 'token',
  Expiration: '2999-01-01T00:00:00Z',
  Code: 'Success',
}

let store: S3Server
let product: Product
let cloud: WebServer
let asked: Asked[]
let count = 0
const servers: Server[] = []

beforeAll(async () => {
  store = await S3Server.start()
  store.buckets.make(Bucket)
  store.buckets.put(Bucket, 'in/a.txt', 'alpha\n')
  store.misdeed = (request) => void asked.push(request)
  // What answers at a link-local address of a machine in the cloud, or of a container there.
  cloud = await webServer((request, reply) => {
    if (request.url === '/latest/api/token') return void reply.end('session')
    if (request.url?.endsWith('/security-credentials/')) return void reply.end('the-role')
    reply.setHeader('Content-Type', 'application/json')
    reply.end(JSON.stringify(role))
  })
  product = await Product.start()
  await product.file(
    'home/.aws/credentials',
    '[default]\naws_access_key_id = FROMFILE\naws_secret_access_key = secret\n',
  )
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})
afterAll(async () => {
  await product?.stop()
  await cloud?.close()
  await store?.close()
})

const started = async (env: Readonly<Record<string, string>>): Promise<Server> => {
  asked = []
  const server = await product.serve({
    // A new one each time: it has nothing of the input yet.
    name: `node-${count++}`,
    settings: { 'Compute.S3.TrustedEndpoints': store.endpoint, 'Orchestrator.S3.TrustedEndpoints': store.endpoint },
    env,
  })
  servers.push(server)
  return server
}
const place = (Key: string, more = {}) => ({
  Type: 's3',
  Params: { Bucket, Key, Endpoint: store.endpoint, Region: 'us-east-1', ...more },
})
const ran = async (server: Server, task: object) => {
  const shown = await ended(server.port, await server.submit(toolJob(['cat', '/in/a.txt'], { task })), 60_000)
  expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
  expect(shown.Executions.Items[0]?.RunOutput?.Stdout).toBe('alpha\n')
  return shown
}

describe('the node signs what it asks S3 for', () => {
  const places: [where: string, keyId: string, env: () => Record<string, string>][] = [
    ['the environment', 'FROMENV', () => ({ AWS_ACCESS_KEY_ID: 'FROMENV', AWS_SECRET_ACCESS_KEY: 'secret' })],
    ['~/.aws/credentials', 'FROMFILE', () => ({ HOME: `${product.folder}/home` })],
    ['the role of its container', 'FROMROLE', () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: cloud.url('/role') })],
    ['the role of its machine', 'FROMROLE', () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: cloud.url('') })],
  ]
  it.each(places)('with credentials from %s [R174]', async (_where, keyId, env) => {
    const server = await started(env())
    await ran(server, { InputSources: [{ Source: place('in/'), Target: '/in' }] })
    expect(asked.length).toBeGreaterThan(1)
    for (const { headers } of asked) expect(headers.authorization).toContain(`Credential=${keyId}/`)
  })
})

/** The right that a request needs, as AWS names it. */
function rightFor({ method, key, query }: Asked): string {
  if (method === 'GET' && key === '') return query.get('list-type') === '2' ? 's3:ListBucket' : `GET ?${query}`
  if (method === 'GET' || method === 'HEAD') return query.has('versionId') ? 's3:GetObjectVersion' : 's3:GetObject'
  if (method === 'PUT' || method === 'POST') return 's3:PutObject'
  return `${method} ${key}?${query}`
}

it('no more rights are used than are documented: listing and getting for inputs, putting for results, getting for downloads [R175]', async () => {
  const server = await started({ AWS_ACCESS_KEY_ID: 'FROMENV', AWS_SECRET_ACCESS_KEY: 'secret' })
  const rights = () => [...new Set(asked.splice(0).map(rightFor))].sort()
  await ran(server, { InputSources: [{ Source: place('in/'), Target: '/in' }] })
  expect(rights()).toEqual(['s3:GetObject', 's3:ListBucket'])
  await ran(server, { InputSources: [{ Source: place('in/a.txt', { VersionID: 'v1' }), Target: '/in' }] })
  expect(rights()).toEqual(['s3:GetObjectVersion'])
  const InputSources = [{ Source: { Type: 'inline', Params: { URL: 'data:,alpha%0A' } }, Target: '/in/a.txt' }]
  for (const Encoding of ['gzip', 'plain']) {
    const { Job } = await ran(server, { InputSources, Publisher: place('out/{jobID}', { Encoding }) })
    expect(rights(), Encoding).toEqual(['s3:PutObject'])
    if (Encoding === 'plain') continue
    await server.got(Job.ID)
    expect(rights()).toEqual(['s3:GetObject'])
  }
})
