import type { NodeId } from '#models/ids.ts'
import type { BuildVersionInfo, NodeInfo } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import type { Compute } from './compute.ts'
import type { Registries } from './registry.ts'

/** What a node gives to jobs, and by what it is chosen; both may change while it runs. */
export type LiveFacts = { labels: Record<string, string>; capacity: Resources; maxPerJob: Resources }

export type NodeFacts = LiveFacts & { nodeId: NodeId; version: BuildVersionInfo }

/** What this node says of itself, now. */
export const nodeInfoOf = async (facts: NodeFacts, compute: Compute, registries: Registries): Promise<NodeInfo> => {
  const { available, queued, running, enqueued } = compute.load
  const [ExecutionEngines, Publishers, StorageSources] = await Promise.all([
    registries.engines.installed(),
    registries.publishers.installed(),
    registries.storages.installed(),
  ])
  const [UnavailableEngines, UnavailablePublishers, UnavailableStorages] = await Promise.all([
    registries.engines.unavailable(),
    registries.publishers.unavailable(),
    registries.storages.unavailable(),
  ])
  return {
    NodeID: facts.nodeId,
    NodeType: 'Compute',
    Labels: facts.labels,
    SupportedProtocols: ['bprotocol/v2', 'ncl/v1', 'bac/v1'],
    ComputeNodeInfo: {
      ExecutionEngines,
      UnavailableEngines,
      UnavailablePublishers,
      UnavailableStorages,
      Publishers,
      StorageSources,
      MaxCapacity: facts.capacity,
      QueueCapacity: queued,
      AvailableCapacity: available,
      MaxJobRequirements: facts.maxPerJob,
      RunningExecutions: running,
      EnqueuedExecutions: enqueued,
    },
    BacalhauVersion: facts.version,
  }
}
