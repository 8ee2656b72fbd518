import { dataFolder } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import type { NodeDeps } from './node-deps.ts'
import { type RunningNode, runNode } from './run-node.ts'

export type DevstackDeps = Pick<
  NodeDeps,
  'environment' | 'isPassing' | 'wasmCommand' | 'listenCommand' | 'log' | 'printableConfig'
> & {
  settings: Settings
  /** Folder that holds one data folder per node. */
  baseFolder: string
  /** Orchestrators with compute, and compute nodes beside them. */
  hybrids: number
  computes: number
}

export type RunningDevstack = { nodes: RunningNode[]; address: RunningNode['address']; stop(): Promise<void> }

const loopback = '127.0.0.1'

/**
 * A whole cluster in one process, on loopback: one orchestrator (with or without a compute part of its own) and
 * compute nodes that join it over its broker, each with its own store and data folder, as they would from elsewhere.
 */
export const startDevstack = async (deps: DevstackDeps): Promise<RunningDevstack> => {
  const nodes: RunningNode[] = []
  const stop = async (): Promise<void> => {
    const [first, ...others] = nodes
    const ends = await Promise.allSettled(others.map((node) => node.stop()))
    await first?.stop()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  try {
    const first = await startOne(deps, 0, { isOrchestrator: true, isCompute: deps.hybrids > 0 })
    nodes.push(first)
    const { Servers } = deps.settings.Orchestrator.Bus
    const orchestrators = Servers.length > 0 ? Servers : [`nats://${loopback}:${first.linkPort}`]
    const roles = { isOrchestrator: false, isCompute: true }
    const starts = Array.from({ length: deps.computes }, (_, index) => startOne(deps, index + 1, roles, orchestrators))
    const begun = await Promise.allSettled(starts)
    nodes.push(...begun.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : [])))
    const failure = begun.find((start) => start.status === 'rejected')
    if (failure) throw failure.reason
    return { nodes, address: first.address, stop }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}

const startOne = (
  deps: DevstackDeps,
  index: number,
  roles: NodeDeps['roles'],
  orchestrators: readonly string[] = [],
): Promise<RunningNode> =>
  runNode({
    ...deps,
    settings: nodeSettings(deps.settings, index, orchestrators),
    roles,
    folder: dataFolder(`${deps.baseFolder}/node-${index}`, roles),
    apiHost: loopback,
    linkHost: loopback,
  })

/** Only the first node keeps the ports that were asked for. */
const nodeSettings = (settings: Settings, index: number, orchestrators: readonly string[]): Settings => ({
  ...settings,
  Name: `node-${index}`,
  Labels: { ...settings.Labels, id: `node-${index}`, env: 'devstack' },
  API: { ...settings.API, Port: index === 0 ? settings.API.Port : 0 },
  Orchestrator: { ...settings.Orchestrator, Port: index === 0 ? settings.Orchestrator.Port : 0 },
  Compute: { ...settings.Compute, Orchestrators: orchestrators },
  Publishers: {
    ...settings.Publishers,
    Types: {
      ...settings.Publishers.Types,
      Local: { ...settings.Publishers.Types.Local, Address: loopback, Port: 0, Directory: '' },
    },
  },
})
