import type { NodeId } from '#models/ids.ts'
import type { BuildVersionInfo, ComputeNodeInfo, NodeInfo } from '#models/node.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { countOf, listOf, recordOf, textMapOf, textOf } from './checked.ts'

/** What a Go node tells of itself. Throws a Fault BadRequest when it is not of that form. */
export function goNodeInfo(value: unknown): NodeInfo {
  const wire = recordOf(value, 'NodeInfo')
  return {
    NodeID: textOf(wire.NodeID, 'NodeID') as NodeId,
    NodeType: wire.NodeType === 'Compute' ? 'Compute' : 'Requester',
    Labels: textMapOf(wire.Labels, 'Labels'),
    SupportedProtocols: listOf(wire.SupportedProtocols, 'SupportedProtocols', textOf),
    ...(wire.ComputeNodeInfo ? { ComputeNodeInfo: computeNodeInfo(wire.ComputeNodeInfo) } : {}),
    BacalhauVersion: buildVersion(wire.BacalhauVersion),
  }
}

function computeNodeInfo(value: unknown): ComputeNodeInfo {
  const wire = recordOf(value, 'ComputeNodeInfo')
  return {
    ExecutionEngines: listOf(wire.ExecutionEngines, 'ExecutionEngines', textOf),
    Publishers: listOf(wire.Publishers, 'Publishers', textOf),
    StorageSources: listOf(wire.StorageSources, 'StorageSources', textOf),
    MaxCapacity: goResources(wire.MaxCapacity, 'MaxCapacity'),
    QueueCapacity: goResources(wire.QueueCapacity, 'QueueCapacity'),
    AvailableCapacity: goResources(wire.AvailableCapacity, 'AvailableCapacity'),
    MaxJobRequirements: goResources(wire.MaxJobRequirements, 'MaxJobRequirements'),
    RunningExecutions: countOf(wire.RunningExecutions, 'RunningExecutions'),
    EnqueuedExecutions: countOf(wire.EnqueuedExecutions, 'EnqueuedExecutions'),
    address: textOf(wire.address, 'address'),
  }
}

/** What is zero is absent. */
export function goResources(value: unknown, name: string): Resources {
  const { CPU, Memory, Disk, GPU, GPUs } = recordOf(value, name)
  const gpus = listOf(GPUs, `${name}.GPUs`, goGpu)
  return {
    CPU: countOf(CPU, `${name}.CPU`),
    Memory: countOf(Memory, `${name}.Memory`),
    Disk: countOf(Disk, `${name}.Disk`),
    GPU: countOf(GPU, `${name}.GPU`),
    ...(gpus.length > 0 ? { GPUs: gpus } : {}),
  }
}

function goGpu(value: unknown, name: string): Gpu {
  const { Index, Name, Vendor, Memory, PCIAddress } = recordOf(value, name)
  return {
    Index: countOf(Index, `${name}.Index`),
    Name: textOf(Name, `${name}.Name`),
    Vendor: textOf(Vendor, `${name}.Vendor`),
    Memory: countOf(Memory, `${name}.Memory`),
    PCIAddress: textOf(PCIAddress, `${name}.PCIAddress`),
  }
}

function buildVersion(value: unknown): BuildVersionInfo {
  const wire = recordOf(value, 'BacalhauVersion')
  const field = (name: keyof BuildVersionInfo): string => textOf(wire[name], `BacalhauVersion.${name}`)
  return {
    Major: field('Major'),
    Minor: field('Minor'),
    GitVersion: field('GitVersion'),
    GitCommit: field('GitCommit'),
    BuildDate: field('BuildDate'),
    GOOS: field('GOOS'),
    GOARCH: field('GOARCH'),
  }
}
