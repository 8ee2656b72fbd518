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
  return {
    host: apiHost,
    port: settings.API.Port,
    requestsPerSecond: settings.API.RateLimit,
    jobNaming: settings.Orchestrator.JobNaming as NonNullable<ServerSettings['jobNaming']>,
    tokenSecret: await tokenSecret(store, random),
    ...(CertFile && KeyFile ? { tls: { cert: await pemText(disk, CertFile), key: await pemText(disk, KeyFile) } } : {}),
  }
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
