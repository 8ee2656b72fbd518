import { hasProvider } from '#config/access.ts'
import type { DataFolder } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { ServerSettings } from '#server/settings.ts'
import { accessSettings } from './access-settings.ts'
import { apiTls } from './tls/api-tls.ts'

type Parts = {
  settings: Settings
  apiHost: string
  folder: DataFolder
  store: Store
  disk: Disk
  clock: Clock
  random: Random
}

/** The HTTP server's settings, with what lies in files and in the store. */
export const serverSettings = async (parts: Parts): Promise<ServerSettings> => {
  const { settings, apiHost, store, disk } = parts
  const tls = await apiTls(parts)
  const { Auth } = settings.API
  return {
    host: apiHost,
    port: settings.API.Port,
    requestsPerSecond: settings.API.RateLimit,
    jobNaming: settings.Orchestrator.JobNaming as NonNullable<ServerSettings['jobNaming']>,
    ...(await accessSettings(Auth, disk, store)),
    acceptsJobsFromJobs: settings.JobAdmissionControl.AcceptJobsFromJobs,
    users: Auth.Users,
    ...(hasProvider(Auth) ? { oauth2: Auth.Oauth2 } : {}),
    webOrigins: webOrigins(settings.WebUI),
    ...(tls ? { tls } : {}),
  }
}

/** As people on this machine and elsewhere write the address of the console. */
const webOrigins = ({ Enabled, Listen }: Settings['WebUI']): string[] => {
  const at = Listen.lastIndexOf(':')
  const [host, port] = [Listen.slice(0, at), Listen.slice(at + 1)]
  const names = new Set(['localhost', '127.0.0.1', ...(host === '' || host === '0.0.0.0' ? [] : [host])])
  return Enabled ? [...names].flatMap((name) => [`http://${name}:${port}`, `https://${name}:${port}`]) : []
}
