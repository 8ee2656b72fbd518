import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { NodeUploadQuery } from '#contracts/upload-store.ts'
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
  ResultOffer,
  ResultOfferReply,
  UploadRequest,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { BprotocolRequester } from './bprotocol/requester.ts'
import { AnsweredInFrames } from './bus-call.ts'
import { RemoteOrchestrator } from './bus-ends.ts'
import { NclOrchestrator } from './ncl/orchestrator.ts'
import type { NodeSide } from './node-side.ts'

type End = OrchestratorEnd & { leave(): void }
type Protocol = 'bac/v1' | 'ncl/v1' | 'bprotocol/v2'

/**
 * An orchestrator of any kind. Of which it is shows at each handshake, by what becomes of ours: one of ours understands
 * it, one of 1.6 and later answers in its frames that it does not, and where only one of 1.4 is, nobody listens.
 */
export class AnyOrchestrator implements OrchestratorEnd {
  readonly #log: NodeSide['log']
  readonly #ends: Readonly<Record<Protocol, End>>
  #spoken: Protocol | undefined

  constructor(parts: NodeSide) {
    this.#log = parts.log
    this.#ends = {
      'bac/v1': new RemoteOrchestrator(parts),
      'ncl/v1': new NclOrchestrator(parts),
      'bprotocol/v2': new BprotocolRequester(parts),
    }
  }

  async handshake(request: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    try {
      return this.#speak('bac/v1', await this.#ends['bac/v1'].handshake(request, back))
    } catch (error) {
      const other = otherProtocol(error)
      if (other === undefined) throw error
      this.#ends['bac/v1'].leave()
      return this.#speak(other, await this.#ends[other].handshake(request, back))
    }
  }

  heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    return this.#end.heartbeat(beat)
  }

  updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    return this.#end.updateInfo(info)
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    return this.#end.deliver(nodeId, linkId, frames)
  }

  takeResult(nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply> {
    return this.#end.takeResult(nodeId, offer)
  }

  uploadAddress(nodeId: NodeId, request: UploadRequest): Promise<string> {
    return this.#end.uploadAddress(nodeId, request)
  }

  readUpload(nodeId: NodeId, query: NodeUploadQuery): Promise<ResultPart> {
    return this.#end.readUpload(nodeId, query)
  }

  /** Also where no handshake is answered yet: it may be under way, and count from then on. */
  goodbye(nodeId: NodeId): Promise<void> {
    return this.#end.goodbye(nodeId)
  }

  get #end(): End {
    return this.#ends[this.#spoken ?? 'bac/v1']
  }

  /** Who does not let this node in may be in the midst of its own start, and not what it looks like. */
  #speak(protocol: Protocol, reply: HandshakeReply): HandshakeReply {
    if (!reply.IsAccepted || protocol === this.#spoken) return reply
    if (this.#spoken) this.#ends[this.#spoken].leave()
    this.#spoken = protocol
    this.#log('orchestrator_found', { protocol })
    return reply
  }
}

function otherProtocol(error: unknown): Protocol | undefined {
  if (error instanceof AnsweredInFrames) return 'ncl/v1'
  return error instanceof Fault && error.code === 'ServiceUnavailable' ? 'bprotocol/v2' : undefined
}
