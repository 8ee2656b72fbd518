import { hasProvider } from '#config/access.ts'
import type { Settings } from '#config/tree.ts'
import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'
import type { Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { ServerSettings } from '#server/settings.ts'

type Parts = { settings: Settings; apiHost: string; store: Store; disk: Disk; random: Random }

/** The HTTP server's settings, with what lies in files and in the store. */
export const serverSettings = async ({ settings, apiHost, store, disk, random }: Parts): Promise<ServerSettings> => {
  const { CertFile, KeyFile } = settings.API.TLS
  const { Auth } = settings.API
  return {
    host: apiHost,
    port: settings.API.Port,
    requestsPerSecond: settings.API.RateLimit,
    jobNaming: settings.Orchestrator.JobNaming as NonNullable<ServerSettings['jobNaming']>,
    tokenSecret: await tokenSecret(store, random),
    users: Auth.Users,
    ...(hasProvider(Auth) ? { oauth2: Auth.Oauth2 } : {}),
    webOrigins: webOrigins(settings.WebUI),
    ...(CertFile && KeyFile ? { tls: { cert: await pemText(disk, CertFile), key: await pemText(disk, KeyFile) } } : {}),
  }
}

/** As people on this machine and elsewhere write the address of the console. */
const webOrigins = ({ Enabled, Listen }: Settings['WebUI']): string[] => {
  const at = Listen.lastIndexOf(':')
  const [host, port] = [Listen.slice(0, at), Listen.slice(at + 1)]
  const names = new Set(['localhost', '127.0.0.1', ...(host === '' || host === '0.0.0.0' ? [] : [host])])
  return Enabled ? [...names].flatMap((name) => [`http://${name}:${port}`, `https://${name}:${port}`]) : []
}

const secretFact = 'api-token-secret'

/** Kept, so that logins outlive a restart. */
const tokenSecret = async (store: Store, random: Random): Promise<string> => {
  const known = await store.fact(secretFact)
  if (known) return known
  const made = random.uuid() + random.uuid()
  const outcome = await store.commit({ putFacts: { [secretFact]: made } })
  if (outcome.kind === 'applied') await outcome.durable
  return made
}

const pemText = async (disk: Disk, path: string): Promise<string> => {
  const bytes = await disk.readFile(path)
  if (bytes) return Buffer.from(bytes).toString('utf8')
  throw new Fault('ValidationError', `there is no file ${path} for TLS`, {
    component: 'Config',
    hint: 'API.TLS.CertFile and API.TLS.KeyFile name PEM files.',
  })
}
