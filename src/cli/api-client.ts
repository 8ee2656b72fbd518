import { Client } from '#client/client.ts'
import type { Loaded } from '#config/load.ts'
import type { Settings } from '#config/tree.ts'
import { Fault } from '#lib/fault.ts'
import { httpFetch } from '#platform/http-fetch.ts'
import type { Host } from './host.ts'
import { credentials } from './login/credentials.ts'

/** The client of the server that the settings name. */
export async function apiClient({ settings, notices }: Loaded, host: Host): Promise<Client> {
  for (const { kind, message } of notices) if (kind === 'unknown-key') host.stderr.write(`Warning: ${message}\n`)
  const { API } = settings
  const url = apiUrl(API)
  if (url.startsWith('https:') && (API.TLS.CAFile !== '' || API.TLS.Insecure)) await trust(API, host)
  const pause = (ms: number, signal?: AbortSignal) => host.clock.sleep(ms, signal)
  const who = await credentials(url, settings.DataDir, host)
  const newKey = () => host.random.uuid()
  return new Client({ url, pause, newKey, ...who, ...(url.startsWith('http:') && { fetch: httpFetch }) })
}

/** Any address of the server, a URL too; 0.0.0.0 is this machine. Naming what to trust means TLS. */
export function apiUrl({ Host, Port, TLS }: Settings['API']): string {
  if (/^https?:\/\//.test(Host)) return withPort(new URL(Host), Port)
  const scheme = TLS.UseTLS || TLS.CAFile !== '' || TLS.Insecure ? 'https' : 'http'
  const name = Host === '0.0.0.0' || Host === '' ? '127.0.0.1' : Host
  return `${scheme}://${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${Port}`
}

const withPort = (url: URL, port: number): string => {
  if (url.port === '' && !/:\d+$/.test(url.origin)) url.port = String(port)
  return url.origin
}

/** Makes every later request of this process trust what the user named. */
async function trust({ TLS }: Settings['API'], host: Host): Promise<void> {
  const { trustAnyServer, trustServersOf } = await import('#platform/trust.ts')
  if (TLS.CAFile === '') return trustAnyServer()
  const ca = await host.disk.readFile(host.resolve(TLS.CAFile))
  if (!ca) {
    throw new Fault(
      'ValidationError',
      `failed to create api client: CA certificate file "${TLS.CAFile}" does not exists`,
    )
  }
  trustServersOf(ca)
}
