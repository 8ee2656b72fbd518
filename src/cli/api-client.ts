import { Client } from '#client/client.ts'
import type { Loaded } from '#config/load.ts'
import { Fault } from '#lib/fault.ts'
import { httpFetch } from '#platform/http-fetch.ts'
import type { Host } from './host.ts'
import { credentials } from './login/credentials.ts'
import type { Target } from './target.ts'
import { warn } from './tell.ts'

/** The client of a server, as the user that the environment, its profile or an earlier login say. */
export async function apiClient({ settings, notices }: Loaded, target: Target, host: Host): Promise<Client> {
  for (const { kind, message } of notices) if (kind === 'unknown-key') warn(host.stderr, message)
  const { url, isInsecure, timeoutMs } = target
  const { CAFile } = settings.API.TLS
  if (url.startsWith('https:') && (CAFile !== '' || isInsecure)) await trust(CAFile, host)
  return new Client({
    url,
    signal: host.interrupted,
    newKey: () => host.random.uuid(),
    pause: (ms: number, signal?: AbortSignal) => host.clock.sleep(ms, signal),
    ...(await credentials(target, settings.DataDir, host)),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(url.startsWith('http:') && { fetch: httpFetch }),
  })
}

/** Makes every later request of this process trust what the user named. */
async function trust(caFile: string, host: Host): Promise<void> {
  const { trustAnyServer, trustServersOf } = await import('#platform/trust.ts')
  if (caFile === '') return trustAnyServer()
  const ca = await host.disk.readFile(host.resolve(caFile))
  if (!ca) {
    throw new Fault('ValidationError', `failed to create api client: CA certificate file "${caFile}" does not exists`)
  }
  trustServersOf(ca)
}
