import { join } from 'node:path'
import { busyboxImage } from '../../test/kit/busybox-image.ts'
import { imageRegistry } from '../../test/kit/image-registry.ts'
import type { Server } from '../../test/kit/product.ts'
import { type Bench, type Client, judgeUses, type Verdict } from './judge.ts'
import { versionOf } from './real-cli.ts'
import { RealNode } from './real-node.ts'
import { containers } from './uses/containers.ts'
import { programs } from './uses/programs.ts'
import { restarts } from './uses/restarts.ts'

/** An orchestrator of ours with one node, which is a real one. */
export type NodeBench = {
  orchestrator: Server
  node: RealNode
  /** Name of a small image. */
  image: string
}

/** This executable as a compute node. */
export function computeNode(path: string): Client {
  const version = versionOf(path)
  return { name: `Compute node ${version.slice(1)}`, judge: (bench) => judge(path, version, bench) }
}

async function judge(path: string, version: string, bench: Bench): Promise<Verdict[]> {
  const { folder, dockerHost } = bench.cluster
  const orchestrator = await bench.cluster.orchestrate(`for-${version.replaceAll('.', '-')}`)
  // From a registry, because newer nodes ask for the digest of an image.
  const registry = await imageRegistry(busyboxImage())
  const node = new RealNode({ path, version, orchestrator, dockerHost, folder: join(folder, `node-${version}`) })
  bench.signal.addEventListener('abort', () => void node.close())
  try {
    await node.start()
    const nodeBench: NodeBench = { orchestrator, node, image: registry.image }
    const run = await judgeUses(nodeBench, [...programs, ...(dockerHost ? containers : []), ...restarts], bench)
    return dockerHost ? run : [...run, ...containers.map(({ name }) => ({ use: name, leftOut: 'no Docker engine' }))]
  } finally {
    await node.close()
    await registry.close()
  }
}
