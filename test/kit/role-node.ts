import { dataFolder, type Roles } from '#config/data-folder.ts'
import { load } from '#config/load.ts'
import { printable } from '#config/printable.ts'
import { nodeLog } from '#node/node-log.ts'
import { type RunningNode, runNode } from '#node/run-node.ts'
import { listenCommand } from './listen-command.ts'
import { wasmCommand } from './wasm-command.ts'

export type RoleNode = {
  /** Its data folder. */
  folder: string
  roles: Roles
  /** More settings, as `-c` takes them. */
  pairs?: Readonly<Record<string, string>>
  environment?: Readonly<Record<string, string>>
  /** What it logs from this level on. */
  level?: string
  onLine?: (line: string) => void
}

/** A node of these roles in this process, on free ports of this machine. */
export const startRole = (node: RoleNode): Promise<RunningNode> => {
  const { folder, roles, pairs = {}, level = 'error' } = node
  const fixed = {
    'API.Host': '127.0.0.1',
    'API.Port': '0',
    'Orchestrator.Host': '127.0.0.1',
    'Orchestrator.Enabled': String(roles.isOrchestrator),
    'Compute.Enabled': String(roles.isCompute),
    'Orchestrator.Port': '0',
    'Publishers.Types.Local.Port': '0',
    'Publishers.Types.Local.Address': '127.0.0.1',
  }
  const { settings } = load({
    side: 'node',
    home: folder,
    pairs: Object.entries({ ...fixed, ...pairs }).map(([key, value]) => ({ key, value })),
  })
  return runNode({
    settings,
    roles,
    folder: dataFolder(folder, roles),
    environment: node.environment ?? { DOCKER_HOST: 'unix:///nonexistent' },
    wasmCommand,
    listenCommand,
    log: nodeLog(level, 'default', node.onLine ?? ((line) => void process.stderr.write(line))),
    printableConfig: () => printable(settings),
    apiHost: '127.0.0.1',
    linkHost: '127.0.0.1',
  })
}
