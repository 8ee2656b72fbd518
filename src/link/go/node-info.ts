import { readTime } from '#api/decode/wire-json.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { BuildVersionInfo, ComputeNodeInfo, NodeInfo } from '#models/node.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { countOf, listOf, recordOf, textMapOf, textOf, wholeOf } from './checked.ts'

const infoLimitBytes = 64 * 1024

/**
 * What a node tells of itself, Go's and ours: these say more, and it is kept for every node in memory.
 * Throws a Fault: BadRequest when it is not of that form, PayloadTooLarge beyond 64 KiB.
 */
export function goNodeInfo(value: unknown): NodeInfo {
  const wire = recordOf(value, 'NodeInfo')
  const info: NodeInfo = {
    NodeID: textOf(wire.NodeID, 'NodeID') as NodeId,
    NodeType: wire.NodeType === 'Compute' ? 'Compute' : 'Requester',
    Labels: textMapOf(wire.Labels, 'Labels'),
    SupportedProtocols: listOf(wire.SupportedProtocols, 'SupportedProtocols', textOf),
    ...(wire.ComputeNodeInfo ? { ComputeNodeInfo: computeNodeInfo(wire.ComputeNodeInfo) } : {}),
    BacalhauVersion: buildVersion(wire.BacalhauVersion),
  }
  if (Buffer.byteLength(JSON.stringify(info)) > infoLimitBytes)
    throw new Fault('PayloadTooLarge', `NodeInfo is larger than ${infoLimitBytes} bytes`)
  return info
}

function computeNodeInfo(value: unknown): ComputeNodeInfo {
  const wire = recordOf(value, 'ComputeNodeInfo')
  return {
    ExecutionEngines: listOf(wire.ExecutionEngines, 'ExecutionEngines', textOf),
    ...reasonsOf(wire, 'UnavailableEngines'),
    ...reasonsOf(wire, 'UnavailablePublishers'),
    ...reasonsOf(wire, 'UnavailableStorages'),
    Publishers: listOf(wire.Publishers, 'Publishers', textOf),
    StorageSources: listOf(wire.StorageSources, 'StorageSources', textOf),
    MaxCapacity: goResources(wire.MaxCapacity, 'MaxCapacity'),
    QueueCapacity: goResources(wire.QueueCapacity, 'QueueCapacity'),
    AvailableCapacity: goResources(wire.AvailableCapacity, 'AvailableCapacity'),
    MaxJobRequirements: goResources(wire.MaxJobRequirements, 'MaxJobRequirements'),
    RunningExecutions: wholeOf(wire.RunningExecutions, 'RunningExecutions'),
    EnqueuedExecutions: wholeOf(wire.EnqueuedExecutions, 'EnqueuedExecutions'),
    address: textOf(wire.address, 'address'),
  }
}

/** Only nodes of ours say why something does not work there. */
function reasonsOf(wire: Record<string, unknown>, name: keyof ComputeNodeInfo): Partial<ComputeNodeInfo> {
  const reasons = textMapOf(wire[name], name)
  return Object.keys(reasons).length > 0 ? { [name]: reasons } : {}
}

/** What is zero is absent. */
export function goResources(value: unknown, name: string): Resources {
  const { CPU, Memory, Disk, GPU, GPUs } = recordOf(value, name)
  const gpus = listOf(GPUs, `${name}.GPUs`, goGpu)
  return {
    CPU: countOf(CPU, `${name}.CPU`),
    Memory: wholeOf(Memory, `${name}.Memory`),
    Disk: wholeOf(Disk, `${name}.Disk`),
    GPU: wholeOf(GPU, `${name}.GPU`),
    ...(gpus.length > 0 ? { GPUs: gpus } : {}),
  }
}

function goGpu(value: unknown, name: string): Gpu {
  const { Index, Name, Vendor, Memory, PCIAddress } = recordOf(value, name)
  return {
    Index: wholeOf(Index, `${name}.Index`),
    Name: textOf(Name, `${name}.Name`),
    Vendor: textOf(Vendor, `${name}.Vendor`),
    Memory: wholeOf(Memory, `${name}.Memory`),
    PCIAddress: textOf(PCIAddress, `${name}.PCIAddress`),
  }
}

const noDate = '0001-01-01T00:00:00Z'

function buildVersion(value: unknown): BuildVersionInfo {
  const wire = recordOf(value, 'BacalhauVersion')
  const field = (name: keyof BuildVersionInfo): string => textOf(wire[name], `BacalhauVersion.${name}`)
  return {
    Major: field('Major'),
    Minor: field('Minor'),
    GitVersion: field('GitVersion'),
    GitCommit: field('GitCommit'),
    // No date at all would make every list of nodes unreadable for Go's clients.
    BuildDate: readTime(field('BuildDate')) === undefined ? noDate : field('BuildDate'),
    GOOS: field('GOOS'),
    GOARCH: field('GOARCH'),
  }
}
