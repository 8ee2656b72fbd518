import type { DataFolder, Roles } from '#config/data-folder.ts'
import { printable } from '#config/printable.ts'
import type { Settings } from '#config/tree.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { RunningNode } from '#node/run-node.ts'
import type { Host } from './host.ts'

export type NodePlan = {
  readonly settings: Settings
  readonly roles: Roles
  readonly folder: DataFolder
  readonly apiHost: string
}

/** The arguments that turn this program into a runner of WASM programs; main.ts knows them. */
const wasmChildWord = '__wasm-child'

/** How every node of this process is made. */
export const nodeParts = async (settings: Settings, host: Host) => {
  const { nodeLog } = await import('#node/node-log.ts')
  return {
    environment: host.env,
    wasmCommand: [...host.selfCommand, wasmChildWord],
    log: nodeLog(settings.Logging.Level, settings.Logging.Mode, (line) => host.stderr.write(line)),
    printableConfig: () => printable(settings),
  }
}

/** Starts the node, or says in one sentence what stands in its way. */
export async function startNode({ settings, roles, folder, apiHost }: NodePlan, host: Host): Promise<RunningNode> {
  const { runNode } = await import('#node/run-node.ts')
  const parts = await nodeParts(settings, host)
  const linkHost = roles.isCompute && apiHost === '127.0.0.1' ? apiHost : settings.Orchestrator.Host
  return runNode({ ...parts, settings, roles, folder, apiHost, linkHost }).catch((error: unknown) => {
    throw startFault(error, folder.root)
  })
}

type SystemError = { readonly code?: string; readonly port?: number; readonly address?: string; readonly path?: string }

/** What the system says when a node cannot start, in words that help. */
export function startFault(error: unknown, dataDir: string): Fault {
  const { code, port, address, path } = error as SystemError
  const because = { cause: error, component: 'Node' }
  switch (code) {
    case 'EADDRINUSE':
      return new Fault('ResourceInUse', `error starting node: port ${port} is already in use`, {
        ...because,
        hint: 'Another program listens there; stop it or choose another port.',
      })
    case 'EADDRNOTAVAIL':
      return new Fault('ValidationError', `error starting node: ${address} is no address of this machine`, because)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return new Fault('Forbidden', `error starting node: cannot write to ${path ?? dataDir}`, {
        ...because,
        hint: 'Choose another folder with --data-dir, or give this user the right to write there.',
      })
    case 'ENOSPC':
      return new Fault('StorageFull', `error starting node: no space left in ${dataDir}`, because)
    default:
      return error instanceof Fault
        ? error
        : new Fault('InternalError', `error starting node: ${messageOf(error)}`, because)
  }
}
