import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
  OrchestratorMessage,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { call, serveCalls } from './bus-call.ts'
import { readLogsOverBus, serveLogsOverBus } from './bus-logs.ts'
import { readResultOverBus, serveResultsOverBus } from './bus-results.ts'
import { NclNodes } from './ncl/ncl-nodes.ts'

/** Subjects between a node and its orchestrator. */
const subjects = {
  control: (nodeId: string) => `bacalhau.global.compute.${nodeId}.out.ctrl`,
  fromNode: (nodeId: string) => `bacalhau.global.compute.${nodeId}.out.msgs`,
  toNode: (nodeId: string) => `bacalhau.global.compute.${nodeId}.in.msgs`,
  logs: (nodeId: string) => `node.compute.${nodeId}.ExecutionLogs`,
  results: (nodeId: string) => `node.compute.${nodeId}.Results`,
}

const callLimitMs = 10_000
const deliverLimitMs = 30_000

type Control =
  | { Kind: 'Handshake'; Body: Handshake }
  | { Kind: 'Heartbeat'; Body: Heartbeat }
  | { Kind: 'UpdateInfo'; Body: NodeInfo }
  | { Kind: 'Goodbye' }
type Delivery<Message> = { LinkID: string; Frames: Frame<Message>[] }

const nodeOf = (subject: string): NodeId => subject.split('.')[3] as NodeId

/** A node as the orchestrator reaches it over the bus. */
class RemoteNode implements ComputeEnd {
  readonly #bus: Bus
  readonly #nodeId: NodeId
  readonly #random: Random

  constructor(bus: Bus, nodeId: NodeId, random: Random) {
    this.#bus = bus
    this.#nodeId = nodeId
    this.#random = random
  }

  deliver(linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    const body: Delivery<OrchestratorMessage> = { LinkID: linkId, Frames: [...frames] }
    return call(this.#bus, subjects.toNode(this.#nodeId), body, deliverLimitMs, () => this.#random.uuid())
  }

  readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    return readLogsOverBus(this.#bus, this.#nodeId, subjects.logs(this.#nodeId), query, signal, this.#random)
  }

  readResult(query: ResultQuery): Promise<ResultPart> {
    return readResultOverBus(this.#bus, subjects.results(this.#nodeId), query)
  }
}

/** The orchestrator as a node reaches it over the bus. */
export class RemoteOrchestrator implements OrchestratorEnd {
  readonly #bus: Bus
  readonly #nodeId: NodeId
  readonly #random: Random
  #served: Subscription[] = []

  constructor(bus: Bus, nodeId: NodeId, random: Random) {
    this.#bus = bus
    this.#nodeId = nodeId
    this.#random = random
  }

  handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    if (this.#served.length === 0) this.#served = serveNode(this.#bus, this.#nodeId, back)
    return this.#control({ Kind: 'Handshake', Body: request })
  }

  heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    return this.#control({ Kind: 'Heartbeat', Body: beat })
  }

  updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    return this.#control({ Kind: 'UpdateInfo', Body: info })
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    const body: Delivery<ComputeMessage> = { LinkID: linkId, Frames: [...frames] }
    return call(this.#bus, subjects.fromNode(nodeId), body, deliverLimitMs, () => this.#random.uuid())
  }

  async goodbye(): Promise<void> {
    this.leave()
    await this.#control({ Kind: 'Goodbye' })
  }

  /** It is not spoken with any more. */
  leave(): void {
    for (const subscription of this.#served) subscription.stop()
    this.#served = []
  }

  #control<Reply>(message: Control): Promise<Reply> {
    return call(this.#bus, subjects.control(this.#nodeId), message, callLimitMs, () => this.#random.uuid())
  }
}

const serveNode = (bus: Bus, nodeId: NodeId, end: ComputeEnd): Subscription[] => [
  serveCalls(bus, subjects.toNode(nodeId), (_subject, body: Delivery<OrchestratorMessage>) =>
    end.deliver(body.LinkID, body.Frames),
  ),
  serveLogsOverBus(bus, subjects.logs(nodeId), end),
  serveResultsOverBus(bus, subjects.results(nodeId), end),
]

/** Lets nodes, ours and Go's, reach the orchestrator over the bus. What a node says of itself must match the subject it says it on. */
export const serveOrchestrator = (bus: Bus, end: OrchestratorEnd, random: Random, clock: Clock): Subscription => {
  const nclNodes = new NclNodes({ bus, end, clock, random })
  const answer = (subject: string, message: Control): Promise<unknown> => {
    const nodeId = nodeOf(subject)
    switch (message.Kind) {
      case 'Handshake':
        requireSame(nodeId, message.Body.NodeInfo.NodeID)
        return end.handshake(message.Body, new RemoteNode(bus, nodeId, random))
      case 'Heartbeat':
        requireSame(nodeId, message.Body.NodeID)
        return end.heartbeat(message.Body)
      case 'UpdateInfo':
        requireSame(nodeId, message.Body.NodeID)
        return end.updateInfo(message.Body)
      case 'Goodbye':
        return end.goodbye(nodeId)
      default:
        throw new Fault('BadRequest', 'unknown kind of control message')
    }
  }
  const take = (subject: string, body: Delivery<ComputeMessage>): Promise<FramesAck> =>
    end.deliver(nodeOf(subject), body.LinkID, body.Frames)
  const control = serveCalls(
    bus,
    subjects.control('*'),
    async (subject, body: Control) => answer(subject, body),
    (message) => void nclNodes.control(nodeOf(message.subject), message),
  )
  const messages = serveCalls(
    bus,
    subjects.fromNode('*'),
    take,
    (message) => void nclNodes.report(nodeOf(message.subject), message),
  )
  const subscriptions = [control, messages, nclNodes.serve()]
  return {
    stop: () => {
      for (const subscription of subscriptions) subscription.stop()
    },
  }
}

const requireSame = (subjectNode: string, claimed: string): void => {
  if (subjectNode !== claimed) throw new Fault('Forbidden', 'a node may speak only for itself')
}
