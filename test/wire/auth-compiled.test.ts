import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'
import { userOf } from '../kit/user-cli.ts'

const fixture = (name: string) => join(import.meta.dirname, '../fixtures/policies', name)
const Methods = { animal: { Type: 'ask', PolicyPath: fixture('login.wasm') } }
const withAccess = (AccessPolicyPath: string) => guardedNode({ API: { Auth: { AccessPolicyPath, Methods } } })

const logIn = async ({ http }: GuardedNode, animal: string) => {
  const MethodData = Buffer.from(JSON.stringify({ animal })).toString('base64')
  return http.ask('POST', '/auth/animal', JSON.stringify({ Name: 'animal', MethodData }), jsonType)
}

describe('compiled policies of an operator', () => {
  let node: GuardedNode
  let cat: string
  let dog: string
  beforeAll(async () => {
    node = await withAccess(fixture('access.wasm'))
    cat = (await logIn(node, 'cat')).json.Authentication.token
    dog = (await logIn(node, 'dog')).json.Authentication.token
  }, 60_000)
  afterAll(() => node.stop())

  it('say what to ask, sign tokens, and refuse by having none [S18]', async () => {
    const { Methods: told } = (await node.http.get('/auth')).json
    expect(told.animal).toEqual({
      type: 'ask',
      params: { type: 'object', properties: { animal: { type: 'string' } }, required: ['animal'] },
    })
    expect(JSON.parse(Buffer.from(cat.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      iss: node.nodeId,
      aud: [node.nodeId],
      sub: 'cat',
      ns: { '*': 15 },
    })
    const snake = await logIn(node, 'snake')
    expect([snake.status, snake.json.Authentication.reason]).toEqual([401, 'credentials rejected'])
  })

  it('see method, path, query, headers and body of a request, and check tokens [S18]', async () => {
    const ask = (method: string, path: string, token?: string, body?: object) =>
      node.http.ask(method, path, body && JSON.stringify(body), {
        ...(body ? jsonType : {}),
        ...(token ? bearer(token) : {}),
      })
    const submit = (Name: string, token: string) =>
      ask('PUT', '/orchestrator/jobs', token, { Job: waitingJob({ Name }) }).then(({ status }) => status)
    expect((await ask('GET', '/orchestrator/jobs', dog)).status).toBe(200)
    expect((await ask('GET', '/orchestrator/jobs?secret=1', dog)).status).toBe(403)
    expect((await ask('GET', '/orchestrator/jobs')).json.message).toBe('Invalid token. ')
    expect((await ask('GET', '/orchestrator/jobs', `${dog.slice(0, -4)}AAAA`)).status).toBe(401)
    expect(await submit('good-job', cat)).toBe(200)
    expect(await submit('bad-job', cat)).toBe(403)
    expect(await submit('good-job', dog)).toBe(403)
    expect((await ask('DELETE', '/orchestrator/jobs/j-1', cat)).status).toBe(403)
    expect((await ask('GET', '/auth')).status).toBe(200)
  })

  it('are used by the command line like any other login [S18, S24]', async () => {
    const user = await userOf(node)
    const { exit, stdout, stderr } = await user.run(['job', 'list', '--output', 'json'], { stdin: 'dog\n' })
    expect([exit, stderr]).toEqual([0, 'animal: '])
    expect(JSON.parse(stdout)).toHaveLength(1)
    await user.leave()
  })
})

describe('a compiled policy that cannot be trusted', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bacalhau-compiled-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    ['endless.wasm', /failed: no answer within 1000 ms/],
    // On a slow machine time is over before memory is.
    ['greedy.wasm', /failed: (?:opa_malloc: failed|no answer within 1000 ms)/],
  ])('that wants all time or all memory lets nobody in, and holds nobody up for long: %s [S18]', async (name, why) => {
    const node = await withAccess(fixture(name))
    for (let tries = 0; tries < 2; tries++) expect((await node.http.get('/orchestrator/jobs')).status).toBe(500)
    expect(node.said.filter((line) => why.test(line))).toHaveLength(2)
    await node.stop()
  })

  it('that is none, or lacks what is asked of it, stops the start [S18]', async () => {
    const broken = join(folder, 'broken.wasm')
    await writeFile(broken, (await readFile(fixture('access.wasm'))).subarray(0, 1_000))
    await expect(withAccess(broken)).rejects.toThrow(`cannot use the policy ${broken}`)
    const other = join(folder, 'other.wasm')
    await writeFile(other, Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    await expect(withAccess(other)).rejects.toThrow('it is not of the binary interface 1.2 or later')
    await expect(withAccess(fixture('login.wasm'))).rejects.toThrow('has no entry point bacalhau/authz/allow')
  })

  it('that was not compiled is refused with the way to do it [S18]', async () => {
    await expect(withAccess(fixture('access.rego'))).rejects.toMatchObject({
      message: expect.stringContaining('access.rego is not compiled'),
      hint: expect.stringContaining('opa build -t wasm -e bacalhau/authz/allow -e bacalhau/authz/token_valid'),
    })
  })
})
