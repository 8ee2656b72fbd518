import type { DataFolder, Roles } from '#config/data-folder.ts'
import { printable } from '#config/printable.ts'
import type { Settings } from '#config/tree.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { RunningNode } from '#node/run-node.ts'
import type { Host } from './host.ts'
import { untilInterrupted } from './interrupted.ts'
import { saying } from './shared/wrap-error.ts'

export type NodePlan = {
  readonly settings: Settings
  readonly roles: Roles
  readonly folder: DataFolder
  readonly apiHost: string
  /** The labels as they are configured by now. */
  readonly labels: () => Promise<Settings['Labels']>
}

/** The arguments that turn this program into a runner of WASM programs; main.ts knows them. */
const wasmChildWord = '__wasm-child'
/** The same for the process that opens a port in the network of a container. */
const listenChildWord = '__listen-child'

/** How every node of this process is made. */
export const nodeParts = async (settings: Settings, host: Host) => {
  const { nodeLog } = await import('#node/node-log.ts')
  return {
    environment: host.env,
    wasmCommand: [...host.selfCommand, wasmChildWord],
    listenCommand: [...host.selfCommand, listenChildWord],
    log: nodeLog(settings.Logging.Level, settings.Logging.Mode, (line) => host.stderr.write(line)),
    printableConfig: () => printable(settings),
  }
}

/** Starts the node, or says in one sentence what stands in its way. */
export async function startNode(
  { settings, roles, folder, apiHost, labels }: NodePlan,
  host: Host,
): Promise<RunningNode> {
  const { runNode } = await import('#node/run-node.ts')
  const parts = await nodeParts(settings, host)
  const linkHost = roles.isCompute && apiHost === '127.0.0.1' ? apiHost : settings.Orchestrator.Host
  return runNode({ ...parts, settings, roles, folder, apiHost, linkHost, labels }).catch((error: unknown) => {
    throw startFault(error, folder.root)
  })
}

/** Resolves when the user, or the system, wants the node to end. */
export async function servedUntilInterrupted(host: Host): Promise<void> {
  const { HeapCare } = await import('#platform/heap-care.ts')
  const heap = new HeapCare(host)
  heap.start()
  await untilInterrupted(host).finally(() => heap.stop())
}

const linkFailure = 'error creating node: failed to create NATS transport layer'

/** What the system says when a node cannot start, in words that help. */
export function startFault(error: unknown, dataDir: string): Fault {
  const { code } = error as { code?: string }
  const because = { cause: error, component: 'Node' }
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENOENT':
      return new Fault('Forbidden', `error starting node: cannot write to the data folder ${dataDir} (${code})`, {
        ...because,
        hint: 'Choose another folder with --data-dir, or let this user write there.',
      })
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('StorageFull', `error starting node: no space left in ${dataDir}`, {
        ...because,
        hint: 'Free space on this disk, or choose another folder with --data-dir.',
      })
    default:
      return error instanceof Fault
        ? saying(error.component === 'NodeLink' ? linkFailure : 'error starting node', error)
        : new Fault('InternalError', `error starting node: ${messageOf(error)}`, because)
  }
}
