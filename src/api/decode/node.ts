import type { ConnectionWord, NodeState, OwnNode } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { nsOfTime, type Wire } from './wire-json.ts'

export function decodeNodeState(wire: Wire): NodeState {
  const { Info, Membership, Connection, ConnectionState, Message, Cordon, DrainBy, Trouble, Remaining } = wire
  return {
    Info: decodeNodeInfo(Info ?? {}),
    Membership: Membership ?? 'PENDING',
    ConnectionState: decodeConnection(ConnectionState ?? {}, Connection ?? 'DISCONNECTED'),
    ...(Message ? { Message } : {}),
    ...(Cordon ? { Cordon } : {}),
    ...(DrainBy ? { DrainBy: nsOfTime(DrainBy) } : {}),
    ...(Trouble ? { Trouble } : {}),
    ...(Remaining ? { Remaining } : {}),
  }
}

/** The answer of the agent: the form of 1.4, or the flattened one alone from a reference server of 1.9. */
export const decodeOwnNode = (wire: Wire): OwnNode => ({
  ...decodeNodeState(wire.Info ? wire : { Info: wire, Membership: 'APPROVED', Connection: 'CONNECTED' }),
  ...(wire.Warnings ? { Warnings: wire.Warnings } : {}),
})

function decodeNodeInfo(wire: Wire): NodeState['Info'] {
  const { NodeID, NodeType, Labels, SupportedProtocols, ComputeNodeInfo, BacalhauVersion } = wire
  return {
    NodeID,
    NodeType,
    Labels: Labels ?? {},
    SupportedProtocols: SupportedProtocols ?? [],
    ...(ComputeNodeInfo ? { ComputeNodeInfo: decodeCompute(ComputeNodeInfo) } : {}),
    BacalhauVersion,
  }
}

function decodeCompute(wire: Wire): NonNullable<NodeState['Info']['ComputeNodeInfo']> {
  return {
    ...(wire as NonNullable<NodeState['Info']['ComputeNodeInfo']>),
    ExecutionEngines: wire.ExecutionEngines ?? [],
    Publishers: wire.Publishers ?? [],
    StorageSources: wire.StorageSources ?? [],
    MaxCapacity: decodeResources(wire.MaxCapacity ?? {}),
    QueueCapacity: decodeResources(wire.QueueCapacity ?? {}),
    AvailableCapacity: decodeResources(wire.AvailableCapacity ?? {}),
    MaxJobRequirements: decodeResources(wire.MaxJobRequirements ?? {}),
  }
}

/** Bytes fit into a float: capacities are below 2^53. */
export const decodeResources = (wire: Wire): Resources => ({
  CPU: wire.CPU ?? 0,
  Memory: Number(wire.Memory ?? 0),
  Disk: Number(wire.Disk ?? 0),
  GPU: wire.GPU ?? 0,
  ...(wire.GPUs ? { GPUs: wire.GPUs } : {}),
})

const decodeConnection = (wire: Wire, status: ConnectionWord): NodeState['ConnectionState'] => ({
  Status: wire.Status ?? status,
  LastHeartbeat: nsOfTime(wire.LastHeartbeat),
  LastComputeSeqNum: Number(wire.LastComputeSeqNum ?? 0),
  LastOrchestratorSeqNum: Number(wire.LastOrchestratorSeqNum ?? 0),
  ConnectedSince: nsOfTime(wire.ConnectedSince),
  DisconnectedSince: nsOfTime(wire.DisconnectedSince),
  LastError: wire.LastError ?? '',
})
