import { isOpen } from '#config/access.ts'
import type { Roles } from '#config/data-folder.ts'
import { idleNotices } from '#config/idle-keys.ts'
import type { Loaded } from '#config/load.ts'
import type { Settings } from '#config/tree.ts'
import { Fault } from '#lib/fault.ts'
import { listenAddress } from '#platform/listen-address.ts'
import type { Cli } from './command.ts'
import { warn } from './tell.ts'

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
  const isAlone = first.Orchestrator.Enabled && first.Compute.Enabled && isOpen(first.API.Auth)
  const loaded = await cli.load('node', {
    'Orchestrator.Enabled': !hasRole,
    ...(isAlone ? { 'API.Host': loopback } : {}),
  })
  const messages = [...loaded.notices.map(({ message }) => message), ...idleNotices(loaded)]
  for (const message of messages) warn(cli.stderr, message)
  const { settings } = loaded
  if (!hasRole) {
    warn(cli.stderr, 'neither --compute nor --orchestrator were provided, defaulting to orchestrator node.')
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
