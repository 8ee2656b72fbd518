import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { type IdentityProvider, identityProvider, tokenOf } from '../kit/identity-provider.ts'
import { userOf } from '../kit/user-cli.ts'

let provider: IdentityProvider
let node: GuardedNode
let user: Awaited<ReturnType<typeof userOf>>
beforeAll(async () => {
  provider = await identityProvider(['read:*', 'write:job', 'fly:job'])
  node = await guardedNode({ API: { Auth: { Oauth2: provider.settings } } })
  user = await userOf(node)
}, 60_000)
afterAll(async () => {
  await node.stop()
  await Promise.all([provider.close(), user.leave()])
})

const jobs = (token: string) => node.http.ask('GET', '/orchestrator/jobs', undefined, bearer(token))

describe('a server that trusts an identity provider', () => {
  it('lets in who shows its token, to what the token permits [S21]', async () => {
    expect((await jobs(provider.token())).status).toBe(200)
    expect((await jobs(provider.token({ aud: 'bacalhau-test' }))).status).toBe(200)
    const token = provider.token()
    const act = await node.http.ask('PUT', '/orchestrator/nodes/n-1', '{}', bearer(token))
    expect(act.status).toBe(403)
    expect(act.json.Details.reason).toBe("user 'grace' does not have the required capability 'write:node'")
    expect((await jobs(provider.token({ permissions: undefined }))).status).toBe(403)
    expect((await jobs(provider.token({ permissions: ['fly:job'] }))).status).toBe(403)
  })

  it('refuses every token that is not signed by its key, in force, and meant for it [S21]', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
    const [head, body, signature] = provider.token().split('.') as [string, string, string]
    const admin = Buffer.from(JSON.stringify(provider.claims({ permissions: ['*'] }))).toString('base64url')
    const refused = {
      'another issuer': provider.token({ iss: 'http://elsewhere/' }),
      'another audience': provider.token({ aud: ['others'] }),
      'no audience': provider.token({ aud: undefined }),
      expired: provider.token({ exp: now - 1 }),
      'without an end': provider.token({ exp: undefined }),
      'an end that is no number': provider.token({ exp: 'never' }),
      'from the future': provider.token({ iat: now + 600 }),
      'without a name': provider.token({ sub: undefined }),
      'signed by another': tokenOf(provider.claims(), stranger),
      'signed by another, under an unknown name': tokenOf(provider.claims(), stranger, { kid: 'third' }),
      'unsigned by its own word': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
      'under another algorithm': provider.token({}, { alg: 'HS256' }),
      'changed after it was signed': `${head}.${admin}.${signature}`,
    }
    for (const [what, token] of Object.entries(refused)) {
      const { status, json } = await jobs(token)
      expect([status, json.Details?.reason], what).toEqual([401, 'invalid JWT token'])
    }
  })

  it('asks for keys once, and not again for each stranger [S21, S23]', () => {
    expect(provider.requests.filter((request) => request === 'GET /keys').length).toBeLessThanOrEqual(2)
  })

  it('tells clients how, and the client logs in with a code, uses the token and forgets it [S21, S24]', async () => {
    const told = (await node.http.ask('GET', '/agent/authconfig')).json
    expect(told).toEqual({ Version: '1.0.0', Config: provider.settings })
    const before = await user.run(['job', 'list'])
    expect(before.exit).toBe(1)
    expect(before.stderr).toContain('Please login using username/password, API key, or thorugh SSO')

    const login = await user.run(['auth', 'sso', 'login'])
    expect(login.stderr).toBe('\nSuccessfully authenticated with Test Provider!\n')
    expect(login.stdout).toContain('  2. Enter this code: ABCD-EFGH\n')
    expect(login.stdout).toContain('Waiting for authentication with Test Provider... (press Ctrl+C to cancel)\n')
    expect(Object.fromEntries(provider.forms[0] ?? [])).toEqual({
      client_id: 'client-1',
      scope: 'openid profile',
      audience: 'bacalhau-test',
    })
    expect(await user.tokensMode()).toBe(0o600)

    const list = await user.run(['job', 'list', '--output', 'json'])
    expect([list.exit, list.stdout.trim()]).toEqual([0, '[]'])
    const token = await user.run(['auth', 'sso', 'token'])
    expect(await user.tokens()).toEqual({ [user.url]: token.stdout.trim() })
    const decoded = await user.run(['auth', 'sso', 'token', '-d'])
    expect(decoded.stdout).toContain('"sub": "grace"')
    expect((await user.run(['auth', 'info'])).stdout).toContain(
      'Provider Name: Test Provider\nProvider ID: test-provider\nVersion: 1.0.0\n',
    )

    const kept = await user.run(['auth', 'sso', 'logout'], { stdin: 'n\n' })
    expect(kept.stdout).toBe(`Are you sure you want to logout from ${user.url}? (y/N): Logout cancelled\n\n`)
    expect(await user.tokens()).not.toEqual({})
    const gone = await user.run(['auth', 'sso', 'logout', '-f'])
    expect(gone.stdout).toContain(`Successfully logged out from ${user.url}\n`)
    expect(await user.tokens()).toEqual({})
    expect((await user.run(['auth', 'sso', 'token'])).stdout).toContain('No authentication token found\n')
  })

  it('says so when the user says no [S21]', async () => {
    provider.deny()
    const { exit, stderr } = await user.run(['auth', 'sso', 'login'])
    expect(exit).toBe(1)
    expect(stderr).toContain('unable to finish SSO login flow: access_denied - no')
  })
})

describe('an identity provider that changes', () => {
  it('is asked again for a key nobody knows yet; while it is away the keys at hand are good [S21]', async () => {
    const changing = await identityProvider()
    const beside = await guardedNode({ API: { Auth: { Oauth2: changing.settings } } })
    const ask = (token: string) => beside.http.ask('GET', '/orchestrator/jobs', undefined, bearer(token))
    changing.turnKeys()
    expect((await ask(changing.token())).status).toBe(200)
    await changing.close()
    expect((await ask(changing.token({ sub: 'another' }))).status).toBe(200)
    await beside.stop()
  })

  it('that cannot be asked at all is no fault of the caller [S21]', async () => {
    const away = await identityProvider()
    const beside = await guardedNode({ API: { Auth: { Oauth2: away.settings } } })
    await away.close()
    const { status } = await beside.http.ask('GET', '/orchestrator/jobs', undefined, bearer(away.token()))
    expect(status).toBe(503)
    await beside.stop()
  })

  it('is not configured in part [S21]', async () => {
    const start = (Oauth2: object) => guardedNode({ API: { Auth: { Oauth2 } } })
    await expect(start({ Issuer: 'x', Audience: 'y' })).rejects.toThrow(
      'missing required OAuth2 fields for JWT authorization: JWKSUri, DeviceClientID',
    )
    const whole = { Issuer: 'x', Audience: 'y', DeviceClientID: 'z', JWKSUri: 'keys.json' }
    await expect(start(whole)).rejects.toThrow('invalid JWKS URL format: keys.json')
  })
})
