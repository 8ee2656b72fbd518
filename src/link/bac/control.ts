import { Fault } from '#lib/fault.ts'
import { isDigest } from '#models/chunk-list.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Handshake, Heartbeat, ResultOffer, UploadRequest } from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { listOf, ownNameOf, recordOf, textOf, wholeOf } from '../go/checked.ts'
import { goNodeInfo, goResources } from '../go/node-info.ts'

/** What a node of ours says besides its frames. */
export type Control =
  | { Kind: 'Handshake'; Body: Handshake }
  | { Kind: 'Heartbeat'; Body: Heartbeat }
  | { Kind: 'UpdateInfo'; Body: NodeInfo }
  | { Kind: 'TakeResult'; Body: ResultOffer }
  | { Kind: 'UploadAddress'; Body: UploadRequest }
  | { Kind: 'Goodbye' }

const protocol = 'bac/v1'

/** Reads what came on the subject of this node. Throws a Fault when it is not of that form, or speaks for another node. */
export function readControl(value: unknown, nodeId: NodeId): Control {
  const { Kind, Body } = recordOf(value, 'the message')
  switch (Kind) {
    case 'Handshake':
      return { Kind, Body: handshake(Body, nodeId) }
    case 'Heartbeat':
      return { Kind, Body: heartbeat(Body, nodeId) }
    case 'UpdateInfo':
      return { Kind, Body: ownInfo(Body, nodeId) }
    case 'TakeResult':
      return { Kind, Body: resultOffer(Body) }
    case 'UploadAddress':
      return { Kind, Body: uploadRequest(Body) }
    case 'Goodbye':
      return { Kind }
    default:
      throw new Fault('BadRequest', 'unknown kind of control message')
  }
}

function handshake(value: unknown, nodeId: NodeId): Handshake {
  const wire = recordOf(value, 'Handshake')
  return {
    NodeInfo: ownInfo(wire.NodeInfo, nodeId),
    StoreID: textOf(wire.StoreID, 'StoreID'),
    ...(wire.PublicKey === undefined ? {} : { PublicKey: userKeyOf(wire.PublicKey, 'PublicKey') }),
    LinkID: textOf(wire.LinkID, 'LinkID'),
    LiveExecutions: listOf(wire.LiveExecutions, 'LiveExecutions', textOf) as ExecutionId[],
  }
}

/** As NATS writes the public part of a user's key. */
function userKeyOf(value: unknown, name: string): string {
  if (typeof value === 'string' && /^U[A-Z2-7]{55}$/.test(value)) return value
  throw new Fault('BadRequest', `${name} must be the key of a NATS user`)
}

function heartbeat(value: unknown, nodeId: NodeId): Heartbeat {
  const wire = recordOf(value, 'Heartbeat')
  return {
    NodeID: ownNameOf(wire.NodeID, nodeId),
    LinkID: textOf(wire.LinkID, 'LinkID'),
    AvailableCapacity: goResources(wire.AvailableCapacity, 'AvailableCapacity'),
    QueueUsedCapacity: goResources(wire.QueueUsedCapacity, 'QueueUsedCapacity'),
    RunningExecutions: wholeOf(wire.RunningExecutions, 'RunningExecutions'),
    EnqueuedExecutions: wholeOf(wire.EnqueuedExecutions, 'EnqueuedExecutions'),
  }
}

function resultOffer(value: unknown): ResultOffer {
  const wire = recordOf(value, 'TakeResult')
  return {
    ExecutionID: textOf(wire.ExecutionID, 'ExecutionID') as ExecutionId,
    SizeBytes: wholeOf(wire.SizeBytes, 'SizeBytes'),
    ChunkListID: chunkListIdOf(wire.ChunkListID),
  }
}

/** A node of an earlier release has none; its result waits there until the node is of this one. */
function chunkListIdOf(value: unknown): string {
  const id = textOf(value, 'ChunkListID')
  if (isDigest(id)) return id
  throw new Fault(
    id === '' ? 'ServiceUnavailable' : 'BadRequest',
    'a result is offered by the digest of its chunk list',
    {
      hint: 'Bring the node and its orchestrator to the same release.',
      isRetryable: id === '',
    },
  )
}

function uploadRequest(value: unknown): UploadRequest {
  const wire = recordOf(value, 'UploadAddress')
  return {
    JobID: textOf(wire.JobID, 'JobID') as JobId,
    ExecutionID: textOf(wire.ExecutionID, 'ExecutionID') as ExecutionId,
  }
}

function ownInfo(value: unknown, nodeId: NodeId): NodeInfo {
  const info = goNodeInfo(value)
  ownNameOf(info.NodeID, nodeId)
  if (!info.SupportedProtocols.includes(protocol))
    throw new Fault('BadRequest', `the node speaks [${info.SupportedProtocols}], the orchestrator ${protocol}`, {
      hint: 'Bring the node and its orchestrator to the same release.',
    })
  return info
}
