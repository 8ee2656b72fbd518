import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { webServer } from './web-server.ts'

const audience = 'bacalhau-test'
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** A token as a provider signs it; `header` may lie. */
export function tokenOf(claims: object, key: KeyObject, header: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'first', ...header })}.${part(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

/** An identity provider on loopback: keys, and a device flow whose user says yes at the third question. */
export async function identityProvider(permissions: readonly string[] = ['*']) {
  let pair = newKey()
  let kid = 'first'
  let isDenied = false
  let questions = 0
  const forms: URLSearchParams[] = []
  const jwks = () => ({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] })
  const answer = (reply: ServerResponse, status: number, body: object) =>
    reply.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  const server = await webServer((asked: IncomingMessage, reply: ServerResponse) => {
    if (asked.url === '/keys') answer(reply, 200, jwks())
    else
      void text(asked).then((form) => {
        forms.push(new URLSearchParams(form))
        if (asked.url === '/device') return answer(reply, 200, code)
        if (isDenied) return answer(reply, 400, { error: 'access_denied', error_description: 'no' })
        if (++questions < 3) return answer(reply, 400, { error: 'authorization_pending' })
        return answer(reply, 200, { access_token: provider.token(), token_type: 'Bearer' })
      })
  })
  const issuer = server.url('/')
  const code = {
    device_code: 'device-1',
    user_code: 'ABCD-EFGH',
    verification_uri: server.url('/enter'),
    verification_uri_complete: server.url('/enter?code=ABCD-EFGH'),
    expires_in: 60,
    interval: 0.01,
  }
  const now = () => Math.floor(Date.now() / 1_000)
  const provider = {
    close: server.close,
    requests: server.requests,
    forms,
    key: () => pair.privateKey,
    claims: (change: object = {}) => ({
      iss: issuer,
      sub: 'grace',
      aud: ['others', audience],
      iat: now(),
      exp: now() + 600,
      permissions,
      ...change,
    }),
    token: (change: object = {}, header: object = {}) =>
      tokenOf(provider.claims(change), pair.privateKey, { kid, ...header }),
    /** New keys, as providers make from time to time. */
    turnKeys() {
      pair = newKey()
      kid = 'second'
    },
    deny() {
      isDenied = true
    },
    /** The section `API.Auth.Oauth2` of a server that trusts it. */
    settings: {
      ProviderID: 'test-provider',
      ProviderName: 'Test Provider',
      TokenEndpoint: server.url('/token'),
      DeviceAuthorizationEndpoint: server.url('/device'),
      JWKSUri: server.url('/keys'),
      Issuer: issuer,
      DeviceClientID: 'client-1',
      Audience: audience,
      Scopes: ['openid', 'profile'],
    },
  }
  return provider
}

export type IdentityProvider = Awaited<ReturnType<typeof identityProvider>>
