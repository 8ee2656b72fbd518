import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hashed } from '#server/auth/policy/scrypt.ts'
import { bearer, guardedNode } from '../kit/guarded-node.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'
import { userOf } from '../kit/user-cli.ts'

const AccessPolicyPath = 'policy_ns_anon'
const salt = Buffer.from('some salt').toString('base64')

let folder: string
const started: { stop(): Promise<unknown> }[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bacalhau-methods-'))
  await writeFile(join(folder, 'secret.yaml'), 'Secret: open sesame\n')
  await writeFile(
    join(folder, 'users.yaml'),
    `Users: [{Name: ada, Hash: "${await hashed('correct', salt)}", Salt: "${salt}"}]\n`,
  )
})
afterEach(async () => {
  for (const each of started.splice(0).reverse()) await each.stop()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function nodeAndUser(Methods: object) {
  const node = await guardedNode({ API: { Auth: { AccessPolicyPath, Methods } } })
  started.push(node)
  const user = await userOf(node)
  started.push({ stop: user.leave })
  return { node, user }
}

const ask = (name: string) => ({ Type: 'ask', PolicyPath: join(folder, `${name}.yaml`) })
const list = ['job', 'list', '--output', 'json']
const claimsIn = (tokens: unknown) =>
  JSON.parse(
    Buffer.from(Object.values(tokens as Record<string, string>)[0]?.split('.')[1] ?? '', 'base64url').toString(),
  )

describe('several ways to log in', () => {
  it('make the command line ask which one, until the answer is one of them [S24]', async () => {
    const { user } = await nodeAndUser({ Shared: ask('secret'), People: ask('users') })
    const { exit, stderr } = await user.run(list, { stdin: '3\n1\nada\ncorrect\n' })
    expect(stderr).toBe(
      'How would you like to authenticate?\n1. people\n2. shared\n' +
        'Choose a number: invalid choice: 3\nChoose a number: username: password: ',
    )
    expect(exit).toBe(0)
  })

  it('are left by an empty line: then there is no token [S24]', async () => {
    const { user } = await nodeAndUser({ Shared: ask('secret'), People: ask('users') })
    const { exit, stderr } = await user.run(list, { stdin: '\n' })
    expect(exit).toBe(1)
    expect(stderr).toContain('Access denied.')
    expect(await user.tokens()).toEqual({})
  })

  it('are a name and a password too [S18, S24]', async () => {
    const { user } = await nodeAndUser({ People: ask('users') })
    const wrong = await user.run(list, { stdin: 'ada\nwrong\n' })
    expect([wrong.exit, await user.tokens()]).toEqual([1, {}])
    const right = await user.run(list, { stdin: 'ada\ncorrect\n' })
    expect([right.exit, right.stderr]).toEqual([0, 'username: password: '])
    expect(claimsIn(await user.tokens())).toMatchObject({ sub: 'ada', ns: { '*': 5, ada: 15 } })
  })

  it('are written as the command line of 1.4 writes one [S18]', async () => {
    const { node } = await nodeAndUser({ Method: 'Shared', Policy: ask('secret') })
    expect(Object.keys((await node.http.get('/auth')).json.Methods)).toEqual(['shared'])
  })
})

describe('a login by the keys of known clients', () => {
  it('knows them by their ids, and nobody else [S18]', async () => {
    const key = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const modulus = Buffer.from(key.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
    await writeFile(join(folder, 'clients.yaml'), `Clients: [${createHash('sha256').update(modulus).digest('hex')}]\n`)
    const Methods = { ClientKey: { Type: 'challenge', PolicyPath: join(folder, 'clients.yaml') } }
    const { node, user } = await nodeAndUser(Methods)
    const stranger = await user.run(list)
    expect(stranger.exit).toBe(1)
    expect(stranger.stderr).toContain('signature verified but user credentials rejected')
    await writeFile(join(user.data, 'user_id.pem'), key.privateKey.export({ type: 'pkcs1', format: 'pem' }))
    expect((await user.run(list)).exit).toBe(0)
    expect(claimsIn(await user.tokens()).iss).toBe(node.nodeId)
  })
})

describe('a first command that reads a stream', () => {
  it('logs in for it, and gets it [S18, S24]', async () => {
    const { node, user } = await nodeAndUser({ Shared: ask('secret') })
    const MethodData = Buffer.from('{"token":"open sesame"}').toString('base64')
    const login = await node.http.ask('POST', '/auth/shared', JSON.stringify({ MethodData }), jsonType)
    const { JobID } = (await node.http.submit(waitingJob(), bearer(login.json.Authentication.token))).json
    const { stderr, exit } = await user.run(['job', 'logs', JobID], { stdin: 'open sesame\n' })
    expect(stderr).toContain('token: ')
    expect(stderr).not.toContain('denied')
    expect(stderr).not.toContain('broke off')
    expect(Object.keys((await user.tokens()) as object)).toHaveLength(1)
    // The job waits for a node: there is no output yet, and that is what is said.
    expect([exit, /no execution/i.test(stderr)]).toEqual([1, true])
  })
})
