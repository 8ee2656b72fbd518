import type { Wire } from '#api/decode/wire-json.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { HandshakeReply, Heartbeat } from '#models/messages/messages.ts'
import type { ComputeNodeInfo, NodeInfo } from '#models/node.ts'
import { noResources } from '#models/resources.ts'
import { ownNameOf, textOf } from '../go/checked.ts'
import { goNodeInfo, goResources } from '../go/node-info.ts'
import { callbackMessage } from './callbacks.ts'
import { GoNode, type GoNodeParts } from './go-node.ts'

export type GoNodesParts = GoNodeParts & {
  /** What a node told of itself last; undefined when it is not known. */
  knownInfo: (nodeId: NodeId) => Promise<NodeInfo | undefined>
}

/** `sequence`: undefined where anybody might have said it, as what is concluded from it ends work. */
export type Beat = { nodeId: NodeId; sequence: number | undefined }

type Load = Omit<Heartbeat, 'NodeID' | 'LinkID'>
type Member = { node: GoNode; linkId: string; sequence: number; load: Load }

/** So many may call back before they are heard of. */
const unheardLimit = 1_000

/** Of a process that goes on, a beat may come twice or late, but not much. */
const isCountedAnew = (sequence: number, last: number): boolean =>
  sequence < last && (sequence === 1 || sequence + lateBeats < last)
const lateBeats = 5

const newerProtocols = ['ncl/v1', 'bac/v1']
const newerRefused = 'node supports NCLv1 protocol - legacy protocol disabled'

/** The nodes of version 1.4: what they say of themselves, and who of them we have shaken hands with. */
export class GoNodes {
  readonly #parts: GoNodesParts
  /** Those that have joined, and those that called back before: what these tell waits until they have joined. */
  readonly #nodes = new Map<NodeId, GoNode>()
  readonly #members = new Map<NodeId, Member>()
  readonly #joining = new Map<NodeId, Promise<HandshakeReply>>()

  constructor(parts: GoNodesParts) {
    this.#parts = parts
  }

  stop(): void {
    for (const node of this.#nodes.values()) node.stop()
  }

  /** The answer to a request of a node. */
  async manage(nodeId: NodeId, method: string, body: Wire): Promise<object> {
    if (method === 'UpdateResources/v1') return this.#updateResources(nodeId, body)
    const info = goNodeInfo(body.Info)
    ownNameOf(info.NodeID, nodeId)
    if (newerProtocols.some((each) => info.SupportedProtocols.includes(each)))
      return { Accepted: false, Reason: newerRefused }
    if (method === 'RegisterNode/v1') return this.#register(info)
    if (method === 'UpdateNodeInfo/v1') return this.#updateInfo(info)
    throw new Fault('BadRequest', `unknown method ${method}`)
  }

  /** A sign of life. Numbers that begin again tell of a new process. */
  async beat({ nodeId, sequence }: Beat): Promise<void> {
    const member = this.#members.get(nodeId)
    const IsNewProcess = member !== undefined && sequence !== undefined && isCountedAnew(sequence, member.sequence)
    if (IsNewProcess) member.node.restarted()
    if (member && sequence !== undefined) member.sequence = sequence
    await this.#hear(nodeId, IsNewProcess)
  }

  /** Who has not joined since our start is let in by that: until then what it tells is in memory alone. */
  async callback(method: string, body: Wire): Promise<void> {
    const nodeId = textOf(body.SourcePeerID, 'SourcePeerID') as NodeId
    this.#take(this.#node(nodeId), method, body)
    if (!this.#members.has(nodeId)) await this.#hear(nodeId)
  }

  #take(node: GoNode, method: string, body: Wire): void {
    try {
      const message = callbackMessage(method.replace(/\/v1$/, ''), body)
      if (message) node.calledBack(message)
    } catch (error) {
      // The node says it only once: without an end its execution would run for ever.
      node.unreadable(textOf(body.ExecutionID, 'ExecutionID') as ExecutionId, messageOf(error))
      throw error
    }
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

  async #updateResources(nodeId: NodeId, body: Wire): Promise<object> {
    ownNameOf(body.NodeID, nodeId)
    const member = this.#members.get(nodeId)
    const AvailableCapacity = goResources(body.AvailableCapacity, 'AvailableCapacity')
    const QueueUsedCapacity = goResources(body.QueueUsedCapacity, 'QueueUsedCapacity')
    if (member) member.load = { ...member.load, AvailableCapacity, QueueUsedCapacity }
    await this.#hear(nodeId)
    return {}
  }

  /** Who is not connected, but was once known to be of this kind, is shaken hands with again. */
  async #hear(nodeId: NodeId, IsNewProcess = false): Promise<void> {
    const member = this.#members.get(nodeId)
    if (member) {
      const beat = { NodeID: nodeId, LinkID: member.linkId, ...member.load, IsNewProcess }
      if ((await this.#parts.end.heartbeat(beat)).IsKnown) return member.node.heard()
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
    const node = this.#node(info.NodeID)
    const reply = await node.join(info, isEmpty)
    if (!reply.IsAccepted) return reply
    const sequence = this.#members.get(info.NodeID)?.sequence ?? 0
    this.#members.set(info.NodeID, { node, linkId: reply.LinkID, sequence, load: loadOf(info) })
    return reply
  }

  #node(nodeId: NodeId): GoNode {
    const known = this.#nodes.get(nodeId)
    if (known) return known
    if (this.#nodes.size - this.#members.size >= unheardLimit)
      throw new Fault('ResourceExhausted', 'too many nodes call back that were never heard of')
    const node = new GoNode(nodeId, this.#parts)
    this.#nodes.set(nodeId, node)
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
