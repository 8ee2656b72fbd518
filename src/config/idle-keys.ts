import { Fault } from '#lib/fault.ts'
import { isOpen } from './access.ts'
import type { Loaded } from './load.ts'
import { keys } from './tree.ts'

/** Settings that are taken, so that files can be shared, and change nothing here. A path, or the section before a dot. */
const idle = [
  'StrictVersionMatch',
  'API.TLS.AutoCertCachePath',
  'Orchestrator.SupportReverseProxy',
  'Orchestrator.Advertise',
  'Orchestrator.Cluster.',
  'Orchestrator.Scheduler.',
  'Orchestrator.EvaluationBroker.',
  'Compute.Heartbeat.ResourceUpdateInterval',
  'Compute.Network.AdvertisedAddress',
  'Engines.Types.Docker.ManifestCache.Refresh',
  'Logging.LogDebugInfoInterval',
  'WebUI.',
]

/** Of the broker that an orchestrator brings, which it does not when it is given servers. */
const ofOwnBroker = [
  'Orchestrator.Host',
  'Orchestrator.Port',
  'Orchestrator.TLS.ServerCert',
  'Orchestrator.TLS.ServerKey',
]

/** Settings that somebody relies on for safety or for where state is: a node does not start without what they promise. */
const promises = ['API.TLS.AutoCert', 'Orchestrator.Store']

/** Tells which settings that were given have no effect, one sentence each. A Fault for those that promise something. */
export function idleNotices(loaded: Loaded): string[] {
  const given = keys.map(({ path }) => path).filter((path) => loaded.givenFor(path) !== undefined)
  const broken = given.find((path) => isPromise(path, loaded.givenFor(path)))
  if (broken) throw cannotKeep(broken, loaded.originOf(broken).as)
  const told = (list: readonly string[], where: string): string[] =>
    given
      .filter((path) => isAmong(list, path))
      .map((path) => `${path} has no effect ${where} (${loaded.originOf(path).as})`)
  const hasServers = loaded.settings.Orchestrator.Bus.Servers.length > 0
  return told(idle, 'in this version')
    .concat(
      hasServers
        ? told(ofOwnBroker, 'beside Orchestrator.Bus.Servers')
        : told(['Orchestrator.TLS.CACert'], 'without Orchestrator.Bus.Servers'),
    )
    .concat(asksInVain(loaded) ? [`${loginsOnly} (${loaded.originOf('API.Auth.Methods').as})`] : [])
}

const loginsOnly =
  'API.Auth.Methods makes clients log in, but everybody is let in: API.Auth.AccessPolicyPath says who may do what'

/** A login that keeps somebody out, before a door that is open. */
const asksInVain = ({ settings: { API } }: Loaded): boolean =>
  isOpen(API.Auth) && JSON.stringify(API.Auth.Methods).includes('PolicyPath')

const isPromise = (path: string, value: unknown): boolean => isAmong(promises, path) && !isOff(value)

const isAmong = (list: readonly string[], path: string): boolean =>
  list.some((each) => (each.endsWith('.') ? path.startsWith(each) : path === each))

/** Given, but asking for nothing. */
const isOff = (value: unknown): boolean =>
  value === '' || value === false || value === 0 || (Array.isArray(value) && value.length === 0)

const cannotKeep = (path: string, as: string): Fault =>
  new Fault('NotImplemented', `invalid config: ${path} is not available in this version`, {
    component: 'Config',
    hint: `Remove it (${as}): a node must not seem safer than it is.`,
  })
