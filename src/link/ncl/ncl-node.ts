import type { ClientVersion } from '#api/client-version.ts'
import { parseWire } from '#api/decode/wire-json.ts'
import type { Bus } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { NodeId } from '#models/ids.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { recordOf, textOf } from '../go/checked.ts'
import type { GoLogStreams } from '../go/log-streams.ts'
import type { ReportQueue } from '../go/report-queue.ts'
import { orderFrame } from './orders.ts'

const ackLimitMs = 30_000

export type NclNodeParts = {
  bus: Bus
  clock: Clock
  nodeId: NodeId
  generation: ClientVersion
  streams: GoLogStreams
  reports: ReportQueue
  /** The node has its answer to the handshake: orders before that could be counted wrong there. */
  welcomed: Promise<void>
}

/** A Go node as the orchestrator reaches it: one order after the other, each waits for its acknowledgement. */
export class NclNode implements ComputeEnd {
  readonly #parts: NclNodeParts

  constructor(parts: NclNodeParts) {
    this.#parts = parts
  }

  async deliver(_linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    await this.#parts.welcomed
    let last: number | undefined
    for (const frame of frames) {
      try {
        await this.#deliverOne(frame)
      } catch (error) {
        if (last === undefined) throw error
        break
      }
      last = frame.Seq
    }
    return { LastSeq: last ?? 0 }
  }

  readLogs({ executionId, isFollowing, isTail }: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const { nodeId, streams } = this.#parts
    const body = { ExecutionID: executionId, NodeID: nodeId, Tail: isTail, Follow: isFollowing }
    return streams.read(`node.compute.${nodeId}.ExecutionLogs/v1`, JSON.stringify(body), signal)
  }

  async readResult(): Promise<ResultPart> {
    throw new Fault('NotFound', 'nodes of this kind keep no results')
  }

  async #deliverOne(frame: Frame<OrchestratorMessage>): Promise<void> {
    const { bus, clock, nodeId, generation, reports } = this.#parts
    const subject = `bacalhau.global.compute.${nodeId}.in.msgs`
    const bytes = orderFrame(frame, { nodeId, subject, generation }, clock.nowNs())
    const answer = Buffer.from(await bus.request(subject, bytes, ackLimitMs)).toString('utf8')
    const refusal = textOf(recordOf(parseWire(answer), 'acknowledgement').error, 'error')
    await reports.add(unsaid(frame.Message, refusal, clock.nowNs()))
  }
}

/**
 * What a Go node does not say: that it starts (the order is acknowledged, and that is as near as one can get), that it has
 * stopped, and that it cannot read an order at all. It would never read that one, so it must not hold up the others.
 */
function unsaid(message: OrchestratorMessage, refusal: string, nowNs: bigint): ComputeMessage {
  const ExecutionID = message.Kind === 'AskForBid' ? message.Body.Execution.ID : message.Body.ExecutionID
  if (message.Kind === 'CancelExecution') return { Kind: 'CancelResult', Body: { ExecutionID, RunOutput: null } }
  if (refusal === '') return { Kind: 'RunStarted', Body: { ExecutionID, StartTime: nowNs } }
  const Event = { Message: `the node cannot read the order: ${refusal}`, Topic: topics.execScanning, Timestamp: nowNs }
  return { Kind: 'BidResult', Body: { ExecutionID, IsAccepted: false, Event } }
}
