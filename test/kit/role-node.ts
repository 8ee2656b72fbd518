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
  /** The same, which it does not tell when it is asked for its configuration: recordings of that hold the usual ones. */
  untoldPairs?: Readonly<Record<string, string>>
  environment?: Readonly<Record<string, string>>
  /** What it logs from this level on. */
  level?: string
  onLine?: (line: string) => void
}

/** A node of these roles in this process, on free ports of this machine. */
export const startRole = (node: RoleNode): Promise<RunningNode> => {
  const { folder, roles, pairs = {}, untoldPairs = {}, level = 'error' } = node
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
  const loaded = (given: Readonly<Record<string, string>>) =>
    load({ side: 'node', home: folder, pairs: Object.entries(given).map(([key, value]) => ({ key, value })) }).settings
  const told = loaded({ ...fixed, ...pairs })
  return runNode({
    settings: loaded({ ...fixed, ...pairs, ...untoldPairs }),
    roles,
    folder: dataFolder(folder, roles),
    environment: node.environment ?? { DOCKER_HOST: 'unix:///nonexistent' },
    wasmCommand,
    listenCommand,
    log: nodeLog(level, 'default', node.onLine ?? ((line) => void process.stderr.write(line))),
    printableConfig: () => printable(told),
    apiHost: '127.0.0.1',
    linkHost: '127.0.0.1',
  })
}
