import type { Heartbeat } from '#models/messages/messages.ts'
import type { NodeInfo, NodeState } from '#models/node.ts'
import { fitsInto, noResources, type Resources } from '#models/resources.ts'

/** What operators have decided about it stays. */
export const connectedNode = (
  Info: NodeInfo,
  { Membership, Message, Cordon, DrainBy }: Pick<NodeState, 'Membership' | 'Message' | 'Cordon' | 'DrainBy'>,
  nowNs: bigint,
): NodeState => ({
  Info,
  Membership,
  ...(Message ? { Message } : {}),
  ...(Cordon ? { Cordon } : {}),
  ...(DrainBy === undefined ? {} : { DrainBy }),
  ConnectionState: {
    Status: 'CONNECTED',
    LastHeartbeat: nowNs,
    LastComputeSeqNum: 0,
    LastOrchestratorSeqNum: 0,
    ConnectedSince: nowNs,
    DisconnectedSince: 0n,
    LastError: '',
  },
})

export const disconnectedNode = (state: NodeState, why: string, nowNs: bigint): NodeState => ({
  ...state,
  ConnectionState: { ...state.ConnectionState, Status: 'DISCONNECTED', DisconnectedSince: nowNs, LastError: why },
})

/** As it tells of itself now. */
export const toldNode = (state: NodeState, Info: NodeInfo, nowNs: bigint): NodeState => ({
  ...state,
  Info,
  ...(offerOf(Info) === offerOf(state.Info) ? {} : { OfferedSince: nowNs }),
})

/** What decides which jobs it takes. */
const offerOf = ({ Labels, ComputeNodeInfo: offer }: NodeInfo): string =>
  JSON.stringify([
    Labels,
    offer?.ExecutionEngines,
    offer?.Publishers,
    offer?.StorageSources,
    offer?.MaxCapacity,
    offer?.MaxJobRequirements,
  ])

/** A sign of life with what the node has free; most say what the one before said. */
export const heardNode = (state: NodeState, beat: Heartbeat, nowNs: bigint): NodeState => ({
  ...state,
  Info: loadedInfo(state.Info, beat),
  ConnectionState: { ...state.ConnectionState, LastHeartbeat: nowNs },
})

const loadedInfo = (info: NodeInfo, beat: Heartbeat): NodeInfo => {
  const { ComputeNodeInfo: known } = info
  if (!known) return info
  const load = {
    AvailableCapacity: beat.AvailableCapacity,
    QueueCapacity: beat.QueueUsedCapacity,
    RunningExecutions: beat.RunningExecutions ?? known.RunningExecutions,
    EnqueuedExecutions: beat.EnqueuedExecutions ?? known.EnqueuedExecutions,
  }
  const isNews =
    load.RunningExecutions !== known.RunningExecutions ||
    load.EnqueuedExecutions !== known.EnqueuedExecutions ||
    !isSameAmount(load.AvailableCapacity, known.AvailableCapacity) ||
    !isSameAmount(load.QueueCapacity, known.QueueCapacity)
  return isNews ? { ...info, ComputeNodeInfo: { ...known, ...load } } : info
}

/** As far as numbers go: with GPUs by name it counts as another one. */
const isSameAmount = (a: Resources, b: Resources): boolean =>
  a.CPU === b.CPU && a.Memory === b.Memory && a.Disk === b.Disk && a.GPU === b.GPU && !a.GPUs && !b.GPUs

/** As the orchestrator knows it when it starts: cut off since now, or since it was before. */
export const unheardNode = (state: NodeState, nowNs: bigint): NodeState => {
  const { ConnectionState, Info } = state
  if (Info.NodeType === 'Requester' || ConnectionState.Status === 'DISCONNECTED') return state
  return { ...state, ConnectionState: { ...ConnectionState, Status: 'DISCONNECTED', DisconnectedSince: nowNs } }
}

/** Whether the node says that nothing runs or waits there. */
export const isIdle = ({ ComputeNodeInfo }: NodeInfo, beat: Heartbeat): boolean =>
  ComputeNodeInfo !== undefined &&
  fitsInto(ComputeNodeInfo.MaxCapacity, beat.AvailableCapacity) &&
  fitsInto(beat.QueueUsedCapacity, noResources())
