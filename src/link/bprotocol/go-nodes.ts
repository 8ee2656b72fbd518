import type { Wire } from '#api/decode/wire-json.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { HandshakeReply, Heartbeat } from '#models/messages/messages.ts'
import type { ComputeNodeInfo, NodeInfo } from '#models/node.ts'
import { noResources } from '#models/resources.ts'
import { textOf } from '../go/checked.ts'
import { goNodeInfo, goResources } from '../go/node-info.ts'
import { callbackMessage } from './callbacks.ts'
import { GoNode, type GoNodeParts } from './go-node.ts'
import type { Beat, GoNodesParts } from './serve.ts'

type Load = Omit<Heartbeat, 'NodeID' | 'LinkID'>
type Member = { node: GoNode; linkId: string; sequence: number; load: Load }

const newerProtocols = ['ncl/v1', 'bac/v1']
const newerRefused = 'node supports NCLv1 protocol - legacy protocol disabled'

/** The nodes of version 1.4: what they say of themselves, and who of them we have shaken hands with. */
export class GoNodes {
  readonly #parts: GoNodesParts & GoNodeParts
  readonly #members = new Map<NodeId, Member>()
  readonly #joining = new Map<NodeId, Promise<HandshakeReply>>()

  constructor(parts: GoNodesParts & GoNodeParts) {
    this.#parts = parts
  }

  stop(): void {
    for (const { node } of this.#members.values()) node.reports.stop()
  }

  /** The answer to a request of a node. */
  async manage(nodeId: string, method: string, body: Wire): Promise<object> {
    if (method === 'UpdateResources/v1') return this.#updateResources(nodeId, body)
    const info = goNodeInfo(body.Info)
    if (info.NodeID !== nodeId) throw new Fault('Forbidden', 'a node may speak only for itself')
    if (newerProtocols.some((each) => info.SupportedProtocols.includes(each)))
      return { Accepted: false, Reason: newerRefused }
    if (method === 'RegisterNode/v1') return this.#register(info)
    if (method === 'UpdateNodeInfo/v1') return this.#updateInfo(info)
    throw new Fault('BadRequest', `unknown method ${method}`)
  }

  /** A sign of life. Numbers that begin again tell of a new process. */
  async beat({ nodeId, sequence }: Beat): Promise<void> {
    const member = this.#members.get(nodeId)
    if (member && sequence <= member.sequence) member.node.restarted()
    if (member) member.sequence = sequence
    await this.#hear(nodeId)
  }

  callback(method: string, body: Wire): void {
    const nodeId = textOf(body.SourcePeerID, 'SourcePeerID') as NodeId
    const message = callbackMessage(method.replace(/\/v1$/, ''), body)
    if (!message) return
    const node = this.#members.get(nodeId)?.node ?? this.#early(nodeId)
    const hasEnded = message.Kind !== 'BidResult' || !message.Body.IsAccepted
    node.heardOf(message.Body.ExecutionID, hasEnded)
    node.reports.add(message)
  }

  /** A node without its lock file registers: it has nothing of an earlier life. */
  async #register(info: NodeInfo): Promise<object> {
    const { IsAccepted, Reason } = await this.#join(info, info.SupportedProtocols.length === 0)
    return { Accepted: IsAccepted, Reason: IsAccepted ? '' : Reason }
  }

  /** Also the way in for a node that thinks it is registered, because it is, with another orchestrator or an earlier one. */
  async #updateInfo(info: NodeInfo): Promise<object> {
    const member = this.#members.get(info.NodeID)
    if (member && (await this.#parts.end.updateInfo(info)).IsKnown) {
      member.load = loadOf(info)
      return { Accepted: true, Reason: '' }
    }
    const { IsAccepted } = await this.#join(info, false)
    return IsAccepted ? { Accepted: true, Reason: '' } : { Accepted: false, Reason: 'node registration rejected' }
  }

  async #updateResources(nodeId: string, body: Wire): Promise<object> {
    if (body.NodeID !== nodeId) throw new Fault('Forbidden', 'a node may speak only for itself')
    const member = this.#members.get(nodeId as NodeId)
    const AvailableCapacity = goResources(body.AvailableCapacity, 'AvailableCapacity')
    const QueueUsedCapacity = goResources(body.QueueUsedCapacity, 'QueueUsedCapacity')
    if (member) member.load = { ...member.load, AvailableCapacity, QueueUsedCapacity }
    await this.#hear(nodeId as NodeId)
    return {}
  }

  /** Who is not connected, but was once known to be of this kind, is shaken hands with again. */
  async #hear(nodeId: NodeId): Promise<void> {
    const member = this.#members.get(nodeId)
    if (member) {
      const { IsKnown } = await this.#parts.end.heartbeat({ NodeID: nodeId, LinkID: member.linkId, ...member.load })
      if (IsKnown) return
    }
    const info = await this.#parts.knownInfo(nodeId)
    const isOfThisKind = info && !newerProtocols.some((each) => info.SupportedProtocols.includes(each))
    if (isOfThisKind) await this.#join(info, false)
  }

  /** One handshake at a time: of two signs of life only the first begins one. */
  #join(info: NodeInfo, isEmpty: boolean): Promise<HandshakeReply> {
    const { NodeID } = info
    const under = isEmpty ? undefined : this.#joining.get(NodeID)
    if (under) return under
    const joining = this.#joinNow(info, isEmpty).finally(() => {
      if (this.#joining.get(NodeID) === joining) this.#joining.delete(NodeID)
    })
    this.#joining.set(NodeID, joining)
    return joining
  }

  async #joinNow(info: NodeInfo, isEmpty: boolean): Promise<HandshakeReply> {
    const known = this.#members.get(info.NodeID) ?? this.#earlyOnes.get(info.NodeID)
    const node = known instanceof GoNode ? known : (known?.node ?? new GoNode(info.NodeID, this.#parts))
    const reply = await node.join(info, isEmpty)
    if (!reply.IsAccepted) return reply
    this.#earlyOnes.delete(info.NodeID)
    const sequence = this.#members.get(info.NodeID)?.sequence ?? 0
    this.#members.set(info.NodeID, { node, linkId: reply.LinkID, sequence, load: loadOf(info) })
    return reply
  }

  /** Nodes that called back before they were heard of: what they tell waits until they have joined. */
  readonly #earlyOnes = new Map<NodeId, GoNode>()

  #early(nodeId: NodeId): GoNode {
    const node = this.#earlyOnes.get(nodeId) ?? new GoNode(nodeId, this.#parts)
    if (this.#earlyOnes.size >= 1_000) this.#earlyOnes.clear()
    this.#earlyOnes.set(nodeId, node)
    return node
  }
}

const loadOf = ({ ComputeNodeInfo }: NodeInfo): Load => {
  const info: Partial<ComputeNodeInfo> = ComputeNodeInfo ?? {}
  return {
    AvailableCapacity: info.AvailableCapacity ?? noResources(),
    QueueUsedCapacity: info.QueueCapacity ?? noResources(),
    RunningExecutions: info.RunningExecutions ?? 0,
    EnqueuedExecutions: info.EnqueuedExecutions ?? 0,
  }
}
