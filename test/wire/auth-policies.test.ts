import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { tokenOf } from '../kit/identity-provider.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'
import { userOf } from '../kit/user-cli.ts'

type Headers = Record<string, string>
const asking =
  (node: () => GuardedNode) =>
  (method: string, path: string, headers: Headers = {}, body?: unknown) =>
    node().http.ask(method, path, body === undefined ? undefined : JSON.stringify(body), {
      ...(body === undefined ? {} : jsonType),
      ...headers,
    })

/** Logs in by the key of a client; its id and its token. */
async function logIn(
  node: GuardedNode,
  { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 }),
) {
  const { Methods } = (await node.http.get('/auth')).json
  const phrase = Buffer.from(Methods.clientkey.params.InputPhrase, 'base64')
  const data = {
    PhraseSignature: sign('sha256', phrase, privateKey).toString('base64'),
    PublicKey: publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
  }
  const body = { Name: 'clientkey', MethodData: Buffer.from(JSON.stringify(data)).toString('base64') }
  const answer = await node.http.ask('POST', '/auth/clientkey', JSON.stringify(body), jsonType)
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
  return { id: hash('sha256', modulus), answer, token: answer.json.Authentication?.token as string }
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('the shipped policy of namespaces with anonymous reading', () => {
  let node: GuardedNode
  const ask = asking(() => node)
  beforeAll(async () => {
    node = await guardedNode({ API: { Auth: { AccessPolicyPath: 'policy_ns_anon.rego' } } })
  }, 60_000)
  afterAll(() => node.stop())

  it('gives a client a token for its own namespace, signed, with whole seconds and an end [S18, S19]', async () => {
    const { id, token } = await logIn(node)
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'RS256',
      typ: 'JWT',
    })
    const { iat, exp, ...claims } = claimsOf(token)
    expect(claims).toEqual({ iss: node.nodeId, aud: [node.nodeId], sub: id, ns: { '*': 5, [id]: 15 } })
    expect([Number.isInteger(iat), exp - iat]).toEqual([true, 30 * 24 * 3_600])
    expect(Math.abs(iat - Date.now() / 1_000)).toBeLessThan(60)
  })

  it('lets clients submit into their own namespace and stop what is there, and nobody else [S11, S18]', async () => {
    const [one, other] = [await logIn(node), await logIn(node)]
    const submit = (Namespace: string, headers: Headers) =>
      ask('PUT', '/orchestrator/jobs', headers, { Namespace: one.id, Job: waitingJob({ Namespace }) })
    const submitted = await submit(one.id, bearer(one.token))
    expect(submitted.status).toBe(200)
    const path = `/orchestrator/jobs/${submitted.json.JobID}`
    // What a request only says of itself outside the job counts for nothing.
    expect((await submit('default', bearer(one.token))).status).toBe(403)
    expect((await submit(one.id, bearer(other.token))).status).toBe(403)
    const anonymous = await submit(one.id, {})
    expect([anonymous.status, anonymous.json.message]).toEqual([403, 'Access denied. '])
    expect((await ask('DELETE', path, bearer(other.token))).status).toBe(403)
    expect((await ask('DELETE', path)).status).toBe(403)
    expect((await ask('GET', path)).status).toBe(200)
    expect((await ask('GET', `${path}/results`)).status).toBe(403)
    expect((await ask('GET', `${path}/results`, bearer(other.token))).status).toBe(200)
    expect((await ask('DELETE', path, bearer(one.token))).status).toBe(200)
  })

  it('lets all with a token list all jobs, and nobody without [S18]', async () => {
    const { token } = await logIn(node)
    expect((await ask('GET', '/orchestrator/jobs?namespace=*', bearer(token))).status).toBe(200)
    expect((await ask('GET', '/orchestrator/jobs')).status).toBe(403)
    expect((await ask('GET', '/orchestrator/nodes')).status).toBe(200)
    const judged = await ask('PUT', `/orchestrator/nodes/${node.nodeId}`, bearer(token), { Action: 'delete' })
    expect(judged.status).toBe(403)
  })

  it('takes no token that it has not signed, or that is over [S19]', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
    const forged = tokenOf({ iss: node.nodeId, aud: [node.nodeId], iat: now, exp: now + 60, ns: { '*': 15 } }, stranger)
    const [head = '', body = ''] = (await logIn(node)).token.split('.')
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`
    for (const token of [forged, unsigned, `${head}.${body}.`, 'garbage']) {
      const { status, json } = await ask('GET', '/orchestrator/jobs', bearer(token))
      expect([status, json.message]).toEqual([401, 'Invalid token. '])
    }
    const basic = await ask('GET', '/orchestrator/jobs', { Authorization: 'Basic dXNlcjpwYXNz' })
    expect(basic.status).toBe(401)
  })

  it('knows its tokens after a restart [S19]', async () => {
    const { token } = await logIn(node)
    await node.restart()
    expect((await ask('GET', '/orchestrator/jobs', bearer(token))).status).toBe(200)
  })

  it('is used by the command line without a word: it logs in with its key when it is asked [S18, S24]', async () => {
    const user = await userOf(node)
    const list = await user.run(['job', 'list', '--output', 'json'])
    expect([list.exit, list.stderr]).toEqual([0, ''])
    expect(await user.tokens()).toEqual({ [user.url]: expect.stringMatching(/^ey/) })
    expect(await user.tokensMode()).toBe(0o600)
    expect((await stat(join(user.data, 'user_id.pem'))).mode & 0o777).toBe(0o600)
    const refused = await user.run(['job', 'run', '--wait=false'], { stdin: JSON.stringify(waitingJob()) })
    expect(refused.exit).toBe(1)
    expect(refused.stderr).toContain('Access denied.')
    await user.leave()
  })
})

describe('a login by question', () => {
  let folder: string
  let node: GuardedNode
  const ask = asking(() => node)
  const users: Awaited<ReturnType<typeof userOf>>[] = []
  const newUser = async () => {
    const user = await userOf(node)
    users.push(user)
    return user
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bacalhau-policies-'))
    const secret = join(folder, 'secret.yaml')
    await writeFile(secret, 'Secret: open sesame\n')
    const Methods = { shared: { Type: 'ask', PolicyPath: secret } }
    node = await guardedNode({ API: { Auth: { AccessPolicyPath: 'policy_ns_anon', Methods } } })
  }, 60_000)
  afterEach(async () => {
    for (const user of users.splice(0)) await user.leave()
  })
  afterAll(async () => {
    await node.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('is told as a schema, and answered [S24]', async () => {
    expect((await ask('GET', '/auth')).json.Methods).toEqual({
      shared: {
        type: 'ask',
        params: {
          $schema: 'http://json-schema.org/draft-07/schema#',
          type: 'object',
          properties: { token: { type: 'string', writeOnly: true } },
          required: ['token'],
        },
      },
    })
    const answer = (token: string) =>
      ask(
        'POST',
        '/auth/shared',
        {},
        { Name: 'shared', MethodData: Buffer.from(JSON.stringify({ token })).toString('base64') },
      )
    const wrong = await answer('wrong')
    expect([wrong.status, wrong.json]).toEqual([
      401,
      { Authentication: { success: false, reason: 'credentials rejected' } },
    ])
    const right = await answer('open sesame')
    expect(right.status).toBe(200)
    expect(claimsOf(right.json.Authentication.token)).toMatchObject({ ns: { '*': 15 } })
    const unusable = await ask('POST', '/auth/shared', {}, { Name: 'shared', MethodData: 'bm90IGpzb24=' })
    expect(unusable.status).toBe(400)
  })

  it('takes the secret from the input, keeps the token and does not ask again [S24]', async () => {
    const user = await newUser()
    const first = await user.run(['job', 'list', '--output=json'], { stdin: 'open sesame\n' })
    expect([first.exit, first.stdout.trim(), first.stderr]).toEqual([0, '[]', 'token: '])
    const second = await user.run(['job', 'list', '--output=json'])
    expect([second.exit, second.stdout.trim(), second.stderr]).toEqual([0, '[]', ''])
    expect(JSON.stringify(await user.tokens())).not.toContain('sesame')
  })

  it('fails with a wrong secret, and keeps nothing [S24]', async () => {
    const user = await newUser()
    const { exit, stderr, stdout } = await user.run(['job', 'list', '--output=json'], { stdin: 'wrong\n' })
    expect(exit).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('credentials rejected\n')
    expect(stderr).toContain('failed to authorize user: ')
    expect(await user.tokens()).toEqual({})
  })

  it('asks again for a token that is over, and forgets it [S24]', async () => {
    const user = await newUser()
    const over = tokenOf({ exp: 1 }, generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey)
    await user.run(['job', 'list'], { stdin: 'wrong\n' })
    await writeFile(join(user.data, 'tokens.json'), JSON.stringify({ [user.url]: over, 'http://elsewhere:1': 'kept' }))
    const { exit } = await user.run(['job', 'list', '--output=json'])
    expect(exit).toBe(1)
    expect(await user.tokens()).toEqual({ 'http://elsewhere:1': 'kept' })
  })

  it('is not shown on a terminal, and Ctrl-C leaves it [S24]', async () => {
    const user = await newUser()
    const pty = { cols: 80, rows: 24 }
    const isAsked = (text: string) => text.includes('token: ')
    const left = await user.run(['job', 'list'], { pty, keys: { text: '\x03', when: isAsked } })
    expect(left.exit).toBe(1)
    expect(left.stdout).toContain('context canceled')
    const typed = await user.run(['job', 'list', '--output=json'], {
      pty,
      keys: { text: 'open sesame\r', when: isAsked },
    })
    expect(typed.exit).toBe(0)
    expect(typed.stdout).not.toContain('open sesame')
  })

  it('is never logged [S12]', () => {
    expect(node.said.length).toBeGreaterThan(10)
    expect(node.said.join('\n')).not.toContain('sesame')
  })

  it('makes who guesses wait [S23]', async () => {
    const guess = (n: number) =>
      ask(
        'POST',
        '/auth/shared',
        {},
        { MethodData: Buffer.from(JSON.stringify({ token: `guess ${n}` })).toString('base64') },
      )
    const statuses = (await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n)))).map(({ status }) => status)
    expect(statuses).toContain(429)
  })
})

describe('policies that a node cannot use', () => {
  it.each([
    [{ AccessPolicyPath: '/nowhere/policy.rego' }, 'there is no policy /nowhere/policy.rego'],
    [{ AccessPolicyPath: 'challenge_ns_anon' }, 'says who may log in, not who may do what'],
    [{ Methods: { a: { Type: 'ask' } } }, 'the login method a has no PolicyPath'],
    [{ Methods: { a: { Type: 'fly' } } }, 'the login method a is of the unknown type "fly"'],
    [
      { Methods: { a: { Type: 'ask', PolicyPath: 'challenge_ns_anon' } } },
      'the policy of the login method a asks nothing',
    ],
    [
      {
        AccessPolicyPath: 'policy_ns_anon',
        Users: [{ Username: 'ada', Password: 'correct horse', Capabilities: [{ Actions: ['*'] }] }],
      },
      'API.Auth.AccessPolicyPath and API.Auth.Users or Oauth2 exclude each other',
    ],
  ])('stop its start: %j [S18]', async (Auth, message) => {
    await expect(guardedNode({ API: { Auth } })).rejects.toThrow(message)
  })
})
