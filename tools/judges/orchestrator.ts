import { join } from 'node:path'
import type { Server } from '../../test/kit/product.ts'
import { until } from '../../test/kit/until.ts'
import { type Bench, type Client, judgeUses, type Verdict } from './judge.ts'
import { RealCli, versionOf } from './real-cli.ts'
import { RealOrchestrator } from './real-orchestrator.ts'
import { ourContainers } from './uses/our-containers.ts'
import { ourNode } from './uses/our-node.ts'
import { ourRestarts } from './uses/our-restarts.ts'

/** A node that was away looks for its orchestrator every 15 seconds at least, and is asked for only after it was heard. */
const joinLimitMs = 60_000

type ListedNode = {
  Info: { NodeID: string }
  Membership: string
  Connection?: string
  ConnectionState?: { Status: string }
}

/** A real orchestrator whose one compute node is ours, used by its own command line. */
export type OrchestratorBench = {
  orchestrator: RealOrchestrator
  cli: RealCli
  node: Server
  nodeName: string
  /** Waits until the orchestrator shows our node as a member that is there. */
  nodeIsThere(): Promise<void>
}

/** This executable as an orchestrator. */
export function orchestrator(path: string): Client {
  const version = versionOf(path)
  return { name: `Orchestrator ${version.slice(1)}`, judge: (bench) => judge(path, version, bench) }
}

async function judge(path: string, version: string, bench: Bench): Promise<Verdict[]> {
  const { cluster, signal } = bench
  const real = await RealOrchestrator.create(path, version, join(cluster.folder, `orchestrator-${version}`))
  const cli = new RealCli(path, version, { ...cluster, port: real.port })
  const close = async (): Promise<void> => {
    await cli.close()
    await real.close()
  }
  signal.addEventListener('abort', () => void close())
  try {
    await real.start()
    await cli.settle()
    const nodeName = `ours-${version.replaceAll('.', '-')}`
    const node = await cluster.join(nodeName, `nats://127.0.0.1:${real.linkPort}`, { Labels: 'zone=ours' })
    const nodeIsThere = () => until(`${nodeName} is there`, () => isThere(cli, nodeName), joinLimitMs)
    await nodeIsThere()
    const user: OrchestratorBench = { orchestrator: real, cli, node, nodeName, nodeIsThere }
    const hasDocker = cluster.dockerHost !== undefined
    const run = await judgeUses(user, [...ourNode, ...(hasDocker ? ourContainers : []), ...ourRestarts], bench)
    return hasDocker ? run : [...run, ...ourContainers.map(({ name }) => ({ use: name, leftOut: 'no Docker engine' }))]
  } finally {
    await close()
  }
}

async function isThere(cli: RealCli, name: string): Promise<boolean> {
  const nodes = await cli.json<ListedNode[]>(['node', 'list'])
  const own = nodes.find(({ Info }) => Info.NodeID === name)
  return own?.Membership === 'APPROVED' && (own.ConnectionState?.Status ?? own.Connection) === 'CONNECTED'
}
