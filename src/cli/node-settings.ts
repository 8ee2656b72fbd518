import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Roles } from '#config/data-folder.ts'
import type { Loaded } from '#config/load.ts'
import type { Settings } from '#config/tree.ts'
import { Fault } from '#lib/fault.ts'
import type { Cli } from './command.ts'

export type NodeSettings = {
  readonly settings: Settings
  readonly roles: Roles
  /** Address the API listens on. */
  readonly apiHost: string
  readonly loaded: Loaded
}

const loopback = '127.0.0.1'

/**
 * What a node is to be: without a role an orchestrator; with both roles and no word about the host it keeps to this
 * machine, because nobody else needs it.
 */
export async function nodeSettings(cli: Cli): Promise<NodeSettings> {
  const first = (await cli.load('node')).settings
  const hasRole = first.Orchestrator.Enabled || first.Compute.Enabled
  const isAlone = first.Orchestrator.Enabled && first.Compute.Enabled && first.API.Auth.Users.length === 0
  const loaded = await cli.load('node', {
    'Orchestrator.Enabled': !hasRole,
    ...(isAlone ? { 'API.Host': loopback } : {}),
  })
  for (const { message } of loaded.notices) cli.stderr.write(`Warning: ${message}\n`)
  const { settings } = loaded
  if (!hasRole) {
    cli.stderr.write('Warning: neither --compute nor --orchestrator were provided, defaulting to orchestrator node.\n')
  }
  checkTls(settings)
  return {
    settings,
    roles: { isOrchestrator: settings.Orchestrator.Enabled, isCompute: settings.Compute.Enabled },
    apiHost: listenAddress(settings.API.Host),
    loaded,
  }
}

function checkTls({ API: { TLS } }: Settings): void {
  const missing =
    TLS.CertFile !== '' && TLS.KeyFile === '' ? 'private key' : TLS.KeyFile !== '' && TLS.CertFile === '' ? 'cert' : ''
  if (missing === '') return
  const given = missing === 'cert' ? 'private key' : 'cert'
  throw new Fault('ValidationError', `invalid config: TLS ${given} specified without corresponding ${missing}`, {
    component: 'Config',
  })
}

type Address = { readonly address: string; readonly internal: boolean; readonly family: string }
const isLinkLocal = ({ address }: Address): boolean => address.startsWith('169.254.')
const isPrivate = ({ address }: Address): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address)

/** Kinds of address an interface may have, by the words a setting uses. */
const kinds: Readonly<Record<string, (address: Address) => boolean>> = {
  public: (address) => !address.internal && !isPrivate(address) && !isLinkLocal(address),
  private: (address) => !address.internal && isPrivate(address),
  loopback: ({ internal }) => internal,
  localhost: ({ internal }) => internal,
  local: ({ internal }) => internal,
  linklocal: (address) => !address.internal && isLinkLocal(address),
  multicast: () => false,
}

/** An address, or the first of this machine's that is of the kind named. */
export function listenAddress(host: string, interfaces: readonly Address[] = ownAddresses()): string {
  if (isIP(host) !== 0) return host
  if (host === 'any' || host === '') return '0.0.0.0'
  const isKind = Object.hasOwn(kinds, host) ? kinds[host] : undefined
  if (!isKind) throw refused(`invalid address type in Server API Host config: ${host}`)
  const found = interfaces.find((each) => each.family === 'IPv4' && isKind(each))
  if (!found) throw refused(`no ${host} addresses found for Server API Host`)
  return found.address
}

const ownAddresses = (): Address[] => Object.values(networkInterfaces()).flatMap((each) => each ?? [])

const refused = (message: string): Fault =>
  new Fault('ValidationError', message, {
    component: 'Config',
    hint: `Give an IP address or one of: any, ${Object.keys(kinds).join(', ')}.`,
  })
