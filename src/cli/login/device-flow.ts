import { Fault, messageOf } from '#lib/fault.ts'
import type { Host } from '../host.ts'

/** What a server says of its identity provider. */
export type Provider = {
  ProviderName: string
  ProviderID: string
  DeviceClientID: string
  DeviceAuthorizationEndpoint: string
  TokenEndpoint: string
  Audience?: string
  Scopes?: readonly string[]
  PollingInterval?: number
}
export type DeviceCode = {
  deviceCode: string
  userCode: string
  uri: string
  completeUri: string | undefined
  lastsSeconds: number
  intervalSeconds: number
}

const grant = 'urn:ietf:params:oauth:grant-type:device_code'
const requestLimitMs = 30_000

/** Asks for a code that the user enters at the provider (RFC 8628). */
export async function startDeviceFlow(provider: Provider, signal: AbortSignal): Promise<DeviceCode> {
  const { DeviceClientID, Scopes = [], Audience = '', PollingInterval = 0 } = provider
  const { isGood, body } = await post(provider.DeviceAuthorizationEndpoint, signal, {
    client_id: DeviceClientID,
    ...(Scopes.length > 0 ? { scope: Scopes.join(' ') } : {}),
    ...(Audience ? { audience: Audience } : {}),
  })
  if (!isGood || !body['device_code'] || !body['user_code']) throw failed('unable to initiate SSO login flow', body)
  return {
    deviceCode: String(body['device_code']),
    userCode: String(body['user_code']),
    uri: String(body['verification_uri'] ?? body['verification_url'] ?? ''),
    completeUri: body['verification_uri_complete'] as string | undefined,
    lastsSeconds: Number(body['expires_in'] ?? 600),
    intervalSeconds: PollingInterval || Number(body['interval'] ?? 5),
  }
}

/** Asks, no more often than the provider wants, until the user has done it. */
export async function waitForToken(
  provider: Provider,
  { deviceCode, lastsSeconds, intervalSeconds }: DeviceCode,
  { clock, interrupted }: Pick<Host, 'clock' | 'interrupted'>,
): Promise<string> {
  const endsAtMs = clock.monotonicMs() + lastsSeconds * 1_000
  let pauseSeconds = intervalSeconds
  while (clock.monotonicMs() < endsAtMs) {
    await clock.sleep(pauseSeconds * 1_000, interrupted)
    const asked = { client_id: provider.DeviceClientID, device_code: deviceCode, grant_type: grant }
    const { isGood, body } = await post(provider.TokenEndpoint, interrupted, asked)
    if (isGood && typeof body['access_token'] === 'string') return body['access_token']
    if (body['error'] === 'slow_down') pauseSeconds += 5
    else if (body['error'] !== 'authorization_pending') throw failed('unable to finish SSO login flow', body)
  }
  throw failed('unable to finish SSO login flow', { error: 'expired_token' })
}

type Answer = { isGood: boolean; body: Readonly<Record<string, unknown>> }

async function post(url: string, signal: AbortSignal, form: Record<string, string>): Promise<Answer> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(requestLimitMs)])
  try {
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form), signal: within })
    return { isGood: answer.ok, body: (await answer.json()) as Answer['body'] }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw failed(`no usable answer from ${url}`, { error: messageOf(error) })
  }
}

const failed = (what: string, { error, error_description }: Answer['body']): Fault => {
  const why = [error, error_description].filter((part) => part !== undefined).join(' - ')
  return new Fault('Unauthorized', `${what}: ${why || 'the answer says nothing'}`, { component: 'Client' })
}
