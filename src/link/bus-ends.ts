import type { Subscription } from '#contracts/bus.ts'
import type { ChunkQuery } from '#contracts/chunks.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { OfferedQuery, ResultPart, ResultQuery } from '#contracts/publisher.ts'
import type { NodeUploadQuery } from '#contracts/upload-store.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { exactJson } from '#lib/json/exact.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
  OrchestratorMessage,
  ResultOffer,
  ResultOfferReply,
  UploadRequest,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { type Control, readControl } from './bac/control.ts'
import { readOrders, readReports } from './bac/frames.ts'
import { call, serveCalls } from './bus-call.ts'
import { deliverOverBus } from './bus-deliver.ts'
import { readLogsOverBus, serveLogsOverBus } from './bus-logs.ts'
import { readPieceOverBus, type Stretch, servePiecesOverBus } from './bus-pieces.ts'
import { executionIdOf, textOf } from './go/checked.ts'
import { NclNodes } from './ncl/ncl-nodes.ts'
import type { NodeSide } from './node-side.ts'
import type { OrchestratorSide } from './orchestrator-side.ts'

/** Subjects between a node and its orchestrator. */
const ofNode = 'bacalhau.global.compute.'
const subjects = {
  control: (nodeId: string) => `${ofNode}${nodeId}.out.ctrl`,
  fromNode: (nodeId: string) => `${ofNode}${nodeId}.out.msgs`,
  /** Of Go nodes only. */
  requests: (nodeId: string) => `${ofNode}${nodeId}.out.requests`,
  uploads: (nodeId: string) => `${ofNode}${nodeId}.out.uploads`,
  toNode: (nodeId: string) => `${ofNode}${nodeId}.in.msgs`,
  logs: (nodeId: string) => `node.compute.${nodeId}.ExecutionLogs`,
  results: (nodeId: string) => `node.compute.${nodeId}.Results`,
}

const callLimitMs = 10_000
/** Nobody waits long for a node that stops. */
const goodbyeLimitMs = 2_000

const nodeOf = (subject: string): NodeId => subject.slice(ofNode.length, subject.indexOf('.', ofNode.length)) as NodeId

/** What is well formed and comes at a bad moment is said again by its sender: nothing to tell. */
const logRefusal = (log: EventLog, event: string, error: unknown, fields: object = {}): void => {
  if (!faultOf(error).isRetryable) log(event, { ...fields, error })
}

/** A node as the orchestrator reaches it over the bus. */
class RemoteNode implements ComputeEnd {
  readonly #side: OrchestratorSide
  readonly #nodeId: NodeId
  /** Kept: the broker looks each text up once. */
  readonly #toNode: string
  /** Made when output is read: of most of the thousands of nodes none is. */
  #broken: AbortController | undefined

  constructor(side: OrchestratorSide, nodeId: NodeId) {
    this.#side = side
    this.#nodeId = nodeId
    this.#toNode = subjects.toNode(nodeId)
  }

  deliver(linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    const { bus, random } = this.#side
    return deliverOverBus(bus, this.#toNode, linkId, frames, random)
  }

  /** A process that was killed says nothing any more, and the one that greeted in its place nothing of what the other had begun. */
  async *readLogs(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogChunk> {
    const { bus, clock, random } = this.#side
    const nodeId = this.#nodeId
    this.#broken ??= new AbortController()
    const broken = this.#broken.signal
    const either = AbortSignal.any([signal, broken])
    yield* readLogsOverBus({ bus, clock, random, nodeId, subject: subjects.logs(nodeId) }, query, either)
    if (broken.aborted && !signal.aborted)
      throw new Fault('ServiceUnavailable', `node ${nodeId} broke off`, { isRetryable: true })
  }

  breakOff(): void {
    this.#broken?.abort()
  }

  readResult(query: ResultQuery | OfferedQuery): Promise<ResultPart> {
    return readPieceOverBus(this.#side.bus, subjects.results(this.#nodeId), query)
  }
}

/** The orchestrator as a node reaches it over the bus. */
export class RemoteOrchestrator implements OrchestratorEnd {
  readonly #side: NodeSide
  #served: Subscription[] = []

  constructor(side: NodeSide) {
    this.#side = side
  }

  /** Only who was let in listens: another node of this name may be the one that is meant. */
  async handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const reply = await this.#control<HandshakeReply>({ Kind: 'Handshake', Body: request })
    if (!reply.IsAccepted) this.leave()
    else if (this.#served.length === 0) this.#served = serveNode(this.#side, back)
    return reply
  }

  heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    return this.#control({ Kind: 'Heartbeat', Body: beat })
  }

  updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    return this.#control({ Kind: 'UpdateInfo', Body: info })
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    const { bus, random } = this.#side
    return deliverOverBus(bus, subjects.fromNode(nodeId), linkId, frames, random)
  }

  takeResult(_nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply> {
    return this.#control({ Kind: 'TakeResult', Body: offer })
  }

  uploadAddress(_nodeId: NodeId, request: UploadRequest): Promise<string> {
    return this.#control({ Kind: 'UploadAddress', Body: request })
  }

  readUpload(_nodeId: NodeId, query: NodeUploadQuery): Promise<ResultPart> {
    return readPieceOverBus(this.#side.bus, subjects.uploads(this.#side.nodeId), query)
  }

  async goodbye(): Promise<void> {
    this.leave()
    await this.#control({ Kind: 'Goodbye' }, goodbyeLimitMs)
  }

  /** It is not spoken with any more. */
  leave(): void {
    for (const subscription of this.#served) subscription.stop()
    this.#served = []
  }

  #control<Reply>(message: Control, limitMs = callLimitMs): Promise<Reply> {
    const { bus, nodeId, random } = this.#side
    return call(bus, subjects.control(nodeId), exactJson(message), limitMs, random)
  }
}

const serveNode = ({ bus, nodeId, clock, log }: NodeSide, end: ComputeEnd): Subscription[] => [
  serveCalls(bus, subjects.toNode(nodeId), {
    handle: async (_subject, body) => {
      const { LinkID, Frames } = readOrders(body)
      return end.deliver(LinkID, Frames)
    },
    onRefused: (_subject, error) => logRefusal(log, 'orchestrator_message_refused', error),
  }),
  serveLogsOverBus(bus, subjects.logs(nodeId), end, clock),
  servePiecesOverBus(bus, subjects.results(nodeId), (_subject, query) => end.readResult(resultQueryIn(query))),
]

type Query = Record<string, unknown> & Stretch

const resultQueryIn = (query: Query): ResultQuery | OfferedQuery => ({
  ...(query['chunkListId'] === undefined ? {} : { chunkListId: textOf(query['chunkListId'], 'chunkListId') }),
  ...chunkQueryIn(query),
  executionId: executionIdOf(query['executionId'], 'executionId'),
})

const uploadQueryIn = (query: Query): NodeUploadQuery => ({
  ...chunkQueryIn(query),
  jobId: textOf(query['jobId'], 'jobId') as JobId,
  uploadId: textOf(query['uploadId'], 'uploadId'),
})

const chunkQueryIn = ({ chunk, offset, limitBytes }: Query): ChunkQuery => ({
  ...{ offset, limitBytes },
  ...(chunk === undefined ? {} : { chunk: textOf(chunk, 'chunk') }),
})

/** Lets nodes, ours and Go's, reach the orchestrator over the bus. What a node says of itself must match the subject it says it on. */
export const serveOrchestrator = (side: OrchestratorSide): Subscription => {
  const { bus, end, log } = side
  const nclNodes = new NclNodes(side)
  const onRefused = (subject: string, error: unknown): void =>
    logRefusal(log, 'node_message_refused', error, { nodeId: nodeOf(subject) })
  const answer = async (subject: string, body: unknown): Promise<unknown> => {
    const nodeId = nodeOf(subject)
    const message = readControl(body, nodeId)
    switch (message.Kind) {
      case 'Handshake':
        return end.handshake(message.Body, new RemoteNode(side, nodeId))
      case 'Heartbeat':
        return end.heartbeat(message.Body)
      case 'UpdateInfo':
        return end.updateInfo(message.Body)
      case 'TakeResult':
        return end.takeResult(nodeId, message.Body)
      case 'UploadAddress':
        return end.uploadAddress(nodeId, message.Body)
      case 'Goodbye':
        return end.goodbye(nodeId)
    }
  }
  const take = async (subject: string, body: unknown): Promise<FramesAck> => {
    const { LinkID, Frames } = readReports(body, (error) => onRefused(subject, error))
    return end.deliver(nodeOf(subject), LinkID, Frames)
  }
  const subscriptions = [
    serveCalls(bus, subjects.control('*'), {
      handle: answer,
      onRefused,
      others: (message) => void nclNodes.control(nodeOf(message.subject), message),
    }),
    serveCalls(bus, subjects.fromNode('*'), {
      handle: take,
      onRefused,
      others: (message) => void nclNodes.report(nodeOf(message.subject), message),
    }),
    bus.subscribe(subjects.requests('*'), (message) => void nclNodes.request(nodeOf(message.subject), message)),
    servePiecesOverBus(bus, subjects.uploads('*'), (subject, query) =>
      end.readUpload(nodeOf(subject), uploadQueryIn(query)),
    ),
    nclNodes.serve(),
  ]
  return {
    stop: () => {
      for (const subscription of subscriptions) subscription.stop()
    },
  }
}
