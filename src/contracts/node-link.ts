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
  ResultOffer,
  ResultOfferReply,
  UploadRequest,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import type { LogChunk, LogQuery } from './log-reader.ts'
import type { OfferedQuery, ResultPart, ResultQuery } from './publisher.ts'
import type { NodeUploadQuery } from './upload-store.ts'

/**
 * The two ends of the link as each side calls the other. In one process they are the objects themselves; between
 * processes they are proxies over the bus. Every call may fail with a Fault (unreachable, timed out): the caller's
 * durable outbox makes up for it.
 */
export interface ComputeEnd {
  /** Applies the frames in order, each once; a gap ends the batch. Answers when what it applied is durable. */
  deliver(linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck>
  readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk>
  /** A piece of a result that a publisher of the node keeps there, or offers. Throws a Fault NotFound when none does. */
  readResult(query: ResultQuery | OfferedQuery): Promise<ResultPart>
  /** The node has greeted anew, or left: output that is read over this end fails with a Fault ServiceUnavailable. */
  breakOff?(): void
}

/** Most bytes of one piece of a result, or of an upload. */
export const resultPartBytes = 512 * 1024

export interface OrchestratorEnd {
  /** `back` is how the orchestrator reaches this node from now on. */
  handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply>
  heartbeat(beat: Heartbeat): Promise<HeartbeatReply>
  updateInfo(info: NodeInfo): Promise<HeartbeatReply>
  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck>
  /** Takes a result that the node keeps, for a while; asked again until it is there. Refused for good when nobody wants it. */
  takeResult(nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply>
  /** Where the node may PUT a result of publisher `s3managed`: a signed address that works for a while. */
  uploadAddress(nodeId: NodeId, request: UploadRequest): Promise<string>
  /** A piece of what was sent with a job of the node's. Throws a Fault NotFound when there is none, or it is no business of the node. */
  readUpload(nodeId: NodeId, query: NodeUploadQuery): Promise<ResultPart>
  /** The node stops on purpose. */
  goodbye(nodeId: NodeId): Promise<void>
}
