import { compareSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { waitingJob } from '../kit/plain-http.ts'
import { userOf } from '../kit/user-cli.ts'

const key = 'a-key-of-twenty-characters'
const Capabilities = [{ Actions: ['*'] }]
const Users = [
  { APIKey: key, Capabilities },
  { Username: 'ada', Password: 'correct horse', Capabilities },
]

let node: GuardedNode
let user: Awaited<ReturnType<typeof userOf>>
beforeAll(async () => {
  node = await guardedNode({ API: { Auth: { Users } } })
  user = await userOf(node)
}, 60_000)
afterAll(() => Promise.all([node.stop(), user.leave()]))

const list = (env: Record<string, string>) => user.run(['job', 'list', '--output', 'json'], { env })

describe('a client of a server with users', () => {
  it('shows the key or the password of its environment [S16]', async () => {
    const both: Record<string, string>[] = [
      { BACALHAU_API_KEY: key },
      { BACALHAU_API_USERNAME: 'ada', BACALHAU_API_PASSWORD: 'correct horse' },
    ]
    for (const env of both) {
      const { exit, stdout, stderr } = await list(env)
      expect([exit, stdout.trim(), stderr]).toEqual([0, '[]', ''])
    }
  })

  it('follows logs with it too [S16]', async () => {
    const env = { BACALHAU_API_KEY: key }
    const id = (
      await user.run(['job', 'run', '--wait=false', '--id-only'], { env, stdin: JSON.stringify(waitingJob()) })
    ).stdout.trim()
    const followed = await user.run(['job', 'logs', '--follow', id], {
      env: { ...env, BACALHAU_API_KEY: 'not-the-key-of-anybody' },
    })
    expect(followed.exit).toBe(1)
    expect(followed.stderr).toContain('Request Unauthorized')
    const read = await user.run(['job', 'logs', id], { env })
    expect(read.stderr).not.toContain('Unauthorized')
  })

  it.each([
    [{ BACALHAU_API_USERNAME: 'ada' }, 'BACALHAU_API_USERNAME provided but not BACALHAU_API_PASSWORD'],
    [{ BACALHAU_API_PASSWORD: 'x' }, 'BACALHAU_API_PASSWORD provided but not BACALHAU_API_USERNAME'],
    [
      { BACALHAU_API_KEY: 'k', BACALHAU_API_USERNAME: 'ada', BACALHAU_API_PASSWORD: 'x' },
      "can't use both BACALHAU_API_KEY and BACALHAU_API_USERNAME/BACALHAU_API_PASSWORD simultaneously",
    ],
  ])('refuses what is half or double: %j [S16]', async (env, cause) => {
    const { exit, stderr } = await list(env as Record<string, string>)
    expect(exit).toBe(1)
    expect(stderr).toContain(`failed to create api client: authentication error: ${cause}`)
  })

  it('says what went wrong, and what the server wants when nothing was shown [S16]', async () => {
    const wrong = await list({ BACALHAU_API_KEY: 'not-the-key-of-anybody' })
    expect(wrong.exit).toBe(1)
    expect(wrong.stderr).toContain('Request Unauthorized')
    const nothing = await list({})
    expect(nothing.exit).toBe(1)
    expect(nothing.stderr).toContain(
      'the orchestrator supports the new authentication method. Please login using username/password, API key, or thorugh SSO',
    )
  })

  it('tells what it has, for people and for programs, and not the secrets themselves [S12, S16]', async () => {
    const env = { BACALHAU_API_KEY: key }
    const text = await user.run(['auth', 'info'], { env })
    expect(text.exit).toBe(0)
    expect(text.stdout).toContain(
      `\nTarget environment: ${user.url}\n\nEnvironment Variables:\nAPI Key: Set\nUsername: Not Set\n`,
    )
    expect(text.stdout).toContain('Node SSO Authentication:\nServer does not support SSO login\n')
    const json = await user.run(['auth', 'info', '--output', 'json'], { env })
    expect(JSON.parse(json.stdout)).toEqual({
      Endpoint: user.url,
      Environment: { APIKey: true, Username: false, Password: false },
      SSO: { Version: '1.0.0', ProviderName: '', ProviderID: '' },
    })
    expect(text.stdout + json.stdout).not.toContain(key)
    const login = await user.run(['auth', 'sso', 'login'], { env })
    expect(login.exit).toBe(1)
    expect(login.stderr).toContain('orchestrator does not support logging in using SSO')
  })
})

describe('a password for a configuration', () => {
  it('is hashed as other servers of this field read it [S16]', async () => {
    const { exit, stdout } = await user.run(['auth', 'hash-password'], { stdin: 'secret\n' })
    expect(exit).toBe(0)
    const hash = stdout.trim()
    expect(hash).toMatch(/^\$2a\$10\$.{53}$/)
    expect(compareSync('secret', hash)).toBe(true)
  })

  it.each([
    ['\n', 'password cannot be empty'],
    [`${'x'.repeat(101)}\n`, 'password exceeds maximum length of 100 characters'],
    [`${'x'.repeat(73)}\n`, 'password exceeds maximum length of 72 bytes'],
  ])('is refused when it cannot be one: %j [S16]', async (stdin, message) => {
    const { exit, stderr } = await user.run(['auth', 'hash-password'], { stdin })
    expect(exit).toBe(1)
    expect(stderr).toContain(message)
  })

  it('is not shown while it is typed [S12]', async () => {
    const { exit, stdout } = await user.run(['auth', 'hash-password'], {
      pty: { cols: 80, rows: 24 },
      keys: { text: 'my wrong\x7f\x7f\x7f\x7f\x7fsecret\r', when: (text) => text.includes('password: ') },
    })
    expect(exit).toBe(0)
    expect(stdout).toContain('Enter password: ')
    expect(stdout).not.toContain('my secret')
    expect(compareSync('my secret', /\$2a\$10\$.{53}/.exec(stdout)?.[0] ?? '')).toBe(true)
  })
})
