import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, bearer, type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'

const [rootKey, redKey, readKey] = [
  'root-key-0123456789abcdef',
  'red-key-0123456789abcdef',
  'read-key-0123456789abcdef',
]
const hashed = 'a password that is hashed'
const secrets = [rootKey, redKey, readKey, hashed, 'plain but long']

const Users = [
  { Alias: 'root', APIKey: rootKey, Capabilities: [{ Actions: ['*'] }] },
  { Alias: 'red', APIKey: redKey, Capabilities: [{ Actions: ['read:job', 'write:job'], Namespaces: ['red'] }] },
  { Alias: 'reader', APIKey: readKey, Capabilities: [{ Actions: ['read:*'] }] },
  { Username: 'Ada', Password: hashSync(hashed, 10), Capabilities: [{ Actions: ['read:job'] }] },
  { Username: 'bob', Password: 'plain but long', Capabilities: [{ Actions: ['read:node'] }] },
]

let node: GuardedNode
beforeAll(async () => {
  node = await guardedNode({ API: { Auth: { Users } } })
}, 60_000)
afterAll(() => node.stop())

type Headers = Record<string, string>
const ask = (method: string, path: string, headers: Headers = {}, body?: unknown) =>
  node.http.ask(method, path, body === undefined ? undefined : JSON.stringify(body), {
    ...(body === undefined ? {} : jsonType),
    ...headers,
  })
const submit = (Namespace: string, headers: Headers) =>
  ask('PUT', '/orchestrator/jobs', headers, { Job: waitingJob({ Namespace }) })
const newClient = { 'X-Bacalhau-Git-Version': 'v1.9.3' }

describe('a server with users', () => {
  it('offers no handshake, and is silent about nothing that needs no login [S16]', async () => {
    expect((await ask('GET', '/auth')).json).toEqual({ NextToken: '', Methods: {} })
    expect((await ask('POST', '/auth/clientkey', {}, {})).status).toBe(404)
    for (const path of ['/agent/alive', '/agent/version', '/agent/authconfig']) {
      expect((await ask('GET', path)).status).toBe(200)
    }
  })

  it.each([
    ['no header', {}, 'Missing Authorization header'],
    ['another scheme', { Authorization: 'Digest x' }, 'unsupported authentication method'],
    ['no base64', { Authorization: 'Basic !' }, 'failed to decode basic auth credentials'],
    ['no colon', { Authorization: 'Basic YWJj' }, 'invalid basic auth credentials format'],
    ['an unknown user', basic('eve', 'plain but long'), 'invalid basic auth credentials'],
    ['a wrong password', basic('bob', 'plain but wrong'), 'invalid basic auth credentials'],
    ['a wrong password of a hash', basic('ada', 'not this one'), 'invalid basic auth credentials'],
    ['the hash itself', basic('ada', Users[3]?.Password ?? ''), 'invalid basic auth credentials'],
    ['no key', { Authorization: 'Bearer ' }, 'empty API key provided'],
    ['an unknown key', bearer('nobody-has-this-key-000'), 'invalid API key'],
    ['a token', bearer('eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln'), 'OAuth2 authentication not configured on server'],
  ])('refuses %s in the words of its time [S16]', async (_, headers, reason) => {
    const { status, json } = await ask('GET', '/orchestrator/jobs', { ...newClient, ...headers })
    expect(status).toBe(401)
    expect(json).toEqual({
      Status: 401,
      Message: 'Request Unauthorized',
      RequestID: '',
      Code: 'Unauthorized',
      Component: 'Authorizer',
      Hint: 'Unauthorized principal. Event has been recorded.',
      Details: { reason },
    })
  })

  it('lets in by key, by password in the clear and by hash, names without case [S16]', async () => {
    expect((await ask('GET', '/orchestrator/jobs', bearer(rootKey))).status).toBe(200)
    expect((await ask('GET', '/orchestrator/jobs', basic('ADA', hashed))).status).toBe(200)
    expect((await ask('GET', '/orchestrator/nodes', basic('Bob', 'plain but long'))).status).toBe(200)
  })

  it('lets nobody do more than the capabilities say [S11, S16]', async () => {
    const { status, json } = await ask('PUT', '/orchestrator/jobs', { ...newClient, ...basic('ada', hashed) }, {})
    expect(status).toBe(403)
    expect(json).toMatchObject({
      Message: 'Request Forbidden',
      Code: 'Forbidden',
      Hint: 'Check if user have access to this resource. Event has been recorded.',
      Details: { reason: "user 'Ada' does not have the required capability 'write:job'" },
    })
    const forReader = async (method: string, path: string) => (await ask(method, path, bearer(readKey))).status
    expect(await forReader('GET', '/agent/node')).toBe(200)
    expect(await forReader('DELETE', '/orchestrator/jobs/j-1')).toBe(403)
    // What only begins like an open path, or is written in a roundabout way, is nothing that is open.
    for (const path of ['/authority', '/livez', '/agent/alive/../node', '/agent/alive%2f..%2fnode', '/AUTH']) {
      expect(await forReader('GET', path), path).toBe(403)
    }
    expect(await forReader('GET', '/%6frchestrator/jobs')).toBe(200)
    expect((await ask('GET', '/%6frchestrator/jobs')).status).toBe(401)
  })

  it('keeps to its namespaces who has some: the jobs of others are not there [S11, S16, I13]', async () => {
    const blue = (await submit('blue', bearer(rootKey))).json.JobID as string
    const red = (await submit('red', bearer(redKey))).json.JobID as string
    expect((await submit('blue', bearer(redKey))).status).toBe(403)
    expect((await submit('', bearer(redKey))).status).toBe(403)
    const listed = async (query: string, key = redKey) =>
      (await ask('GET', `/orchestrator/jobs${query}`, bearer(key))).json
    const namesOf = ({ Items }: { Items: { ID: string }[] }) => Items.map(({ ID }) => ID)
    expect(namesOf(await listed('?namespace=*'))).toEqual([red])
    expect(namesOf(await listed('?namespace=*&order_by=id'))).toEqual([red])
    expect(namesOf(await listed('?namespace=*', rootKey)).sort()).toEqual([blue, red].sort())
    expect((await ask('GET', '/orchestrator/jobs?namespace=blue', bearer(redKey))).status).toBe(403)

    for (const path of ['', '/executions', '/history', '/results', '/versions', '/logs', '/results/e-1']) {
      expect((await ask('GET', `/orchestrator/jobs/${blue}${path}`, bearer(redKey))).status, path).not.toBe(200)
    }
    expect((await ask('GET', `/orchestrator/jobs/${blue}`, bearer(redKey))).status).toBe(404)
    expect((await ask('DELETE', `/orchestrator/jobs/${blue}`, bearer(redKey))).status).toBe(404)
    expect((await ask('GET', `/orchestrator/jobs/${red}`, bearer(redKey))).status).toBe(200)
    expect((await ask('DELETE', `/orchestrator/jobs/${red}`, bearer(redKey))).status).toBe(200)
  })

  it('opens log streams to nobody else [S16]', async () => {
    const id = (await submit('blue', bearer(rootKey))).json.JobID as string
    const opened = (headers: Headers) =>
      new Promise<string>((resolve) => {
        const Maker = WebSocket as unknown as new (url: string, options: object) => WebSocket
        const socket = new Maker(`ws://127.0.0.1:${node.port}/api/v1/orchestrator/jobs/${id}/logs`, { headers })
        socket.addEventListener('error', () => resolve('refused'))
        socket.addEventListener('message', ({ data }) => {
          resolve(String(data))
          socket.close()
        })
      })
    expect(await opened({})).toBe('refused')
    expect(await opened(basic('bob', 'plain but long'))).toBe('refused')
    expect(await opened(bearer(redKey))).toContain('job not found')
    expect(await opened(bearer(rootKey))).not.toContain('job not found')
  })

  it('tells pages of other origins nothing [S17]', async () => {
    const { port } = node
    const from = (method: string, headers: Headers) =>
      fetch(`http://127.0.0.1:${port}/api/v1/agent/alive`, { method, headers })
    const asked = await from('GET', { Origin: 'http://evil.example' })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
    const before = await from('OPTIONS', { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'PUT' })
    expect(before.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('never shows or logs a secret [S12, F12]', async () => {
    const config = (await ask('GET', '/agent/config', bearer(rootKey))).text
    const all = [config, ...node.said].join('\n')
    expect(node.said.length).toBeGreaterThan(20)
    expect(config).toContain('********')
    for (const secret of [...secrets, Users[3]?.Password ?? '']) expect(all).not.toContain(secret)
  })

  it('makes who guesses wait, and not who is known [S23]', async () => {
    const guess = () => ask('GET', '/orchestrator/jobs', basic('bob', `guess ${Math.random()}`))
    const answers = await Promise.all(Array.from({ length: 20 }, guess))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(10)
    const plain = await fetch(`http://127.0.0.1:${node.port}/api/v1/orchestrator/jobs`, {
      headers: bearer('guess-guess-guess-guess'),
    })
    expect(plain.status).toBe(429)
    expect(Number(plain.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask('GET', '/orchestrator/jobs', bearer(rootKey))).status).toBe(200)
    expect((await ask('GET', '/orchestrator/jobs', basic('ADA', hashed))).status).toBe(200)
  })
})

describe('a console beside a server with users', () => {
  it('may read its answers [S17]', async () => {
    const beside = await guardedNode({ API: { Auth: { Users } }, WebUI: { Enabled: true, Listen: '0.0.0.0:8438' } })
    const url = `http://127.0.0.1:${beside.port}/api/v1/agent/alive`
    const { headers } = await fetch(url, { headers: { Origin: 'http://localhost:8438' } })
    expect(headers.get('access-control-allow-origin')).toBe('http://localhost:8438')
    await beside.stop()
  })
})
