import type { BuildVersionInfo, ComputeNodeInfo, ConnectionState, NodeInfo, NodeState, OwnNode } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { goJson, goList, goString, goTextMap, goTime } from './go-json.ts'

/** A node as a list shows it: `Connection` for clients of 1.4, `ConnectionState` for the later ones. */
export function encodeNodeState(node: NodeState): string {
  return (
    `{"Info":${encodeNodeInfo(node.Info)},"Membership":"${node.Membership}",` +
    `"Connection":"${node.ConnectionState.Status}","ConnectionState":${connectionText(node.ConnectionState)}` +
    (node.Message ? `,"Message":${goString(node.Message)}` : '') +
    (node.Cordon ? `,"Cordon":"${node.Cordon}"` : '') +
    (node.DrainBy === undefined ? '' : `,"DrainBy":${goTime(node.DrainBy)}`) +
    (node.Trouble ? `,"Trouble":${node.Trouble}` : '') +
    `${node.Remaining ? `,"Remaining":${node.Remaining}` : ''}}`
  )
}

/** What the contacted node says of itself: the form of 1.4 and the flattened one of 1.9 in one object. */
export function encodeOwnNode(node: OwnNode): string {
  const warnings = node.Warnings?.length ? `,"Warnings":${textList(node.Warnings)}` : ''
  return `${encodeNodeState(node).slice(0, -1)},${encodeNodeInfo(node.Info).slice(1, -1)}${warnings}}`
}

export function encodeBuildVersion(version: BuildVersionInfo): string {
  const major = version.Major ? `"Major":${goString(version.Major)},` : ''
  const minor = version.Minor ? `"Minor":${goString(version.Minor)},` : ''
  return (
    `{${major}${minor}"GitVersion":${goString(version.GitVersion)},"GitCommit":${goString(version.GitCommit)},` +
    `"BuildDate":${goString(version.BuildDate)},"GOOS":${goString(version.GOOS)},"GOARCH":${goString(version.GOARCH)}}`
  )
}

/** Numbers; what is zero is left out. */
export function encodeResources(resources: Resources | undefined): string {
  if (resources === undefined) return '{}'
  const { CPU, Memory, Disk, GPU, GPUs } = resources
  const fields = [
    CPU ? `"CPU":${CPU}` : '',
    Memory ? `"Memory":${Memory}` : '',
    Disk ? `"Disk":${Disk}` : '',
    GPU ? `"GPU":${GPU}` : '',
    GPUs && GPUs.length > 0 ? `"GPUs":${goJson(GPUs)}` : '',
  ]
  return `{${fields.filter((field) => field !== '').join(',')}}`
}

/** As nodes tell it of themselves too. */
export function encodeNodeInfo(info: NodeInfo): string {
  const compute = info.ComputeNodeInfo ? `"ComputeNodeInfo":${computeText(info.ComputeNodeInfo)},` : ''
  return (
    `{"NodeID":${goString(info.NodeID)},"NodeType":"${info.NodeType}","Labels":${goTextMap(info.Labels)},` +
    `"SupportedProtocols":${textList(info.SupportedProtocols)},${compute}` +
    `"BacalhauVersion":${encodeBuildVersion(info.BacalhauVersion)}}`
  )
}

function computeText(info: ComputeNodeInfo): string {
  return (
    `{"ExecutionEngines":${textList(info.ExecutionEngines)},"Publishers":${textList(info.Publishers)},` +
    `"StorageSources":${textList(info.StorageSources)},"MaxCapacity":${encodeResources(info.MaxCapacity)},` +
    `"QueueCapacity":${encodeResources(info.QueueCapacity)},"AvailableCapacity":${encodeResources(info.AvailableCapacity)},` +
    `"MaxJobRequirements":${encodeResources(info.MaxJobRequirements)},"RunningExecutions":${info.RunningExecutions},` +
    `"EnqueuedExecutions":${info.EnqueuedExecutions},"address":${goString(info.address ?? '')}}`
  )
}

function connectionText(state: ConnectionState): string {
  return (
    `{"Status":"${state.Status}","LastHeartbeat":${goTime(state.LastHeartbeat)}` +
    (state.LastComputeSeqNum ? `,"LastComputeSeqNum":${state.LastComputeSeqNum}` : '') +
    (state.LastOrchestratorSeqNum ? `,"LastOrchestratorSeqNum":${state.LastOrchestratorSeqNum}` : '') +
    `,"ConnectedSince":${goTime(state.ConnectedSince)},"DisconnectedSince":${goTime(state.DisconnectedSince)}` +
    `${state.LastError ? `,"LastError":${goString(state.LastError)}` : ''}}`
  )
}

const textList = (list: readonly string[]): string => goList(list.map(goString))
