import { type ClientVersion, since } from '#api/client-version.ts'
import { parseWire } from '#api/decode/wire-json.ts'
import type { Bus } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { recordOf, textOf } from '../go/checked.ts'
import type { LogTurns } from '../go/log-turns.ts'
import type { ReportQueue } from '../go/report-queue.ts'
import { withdrawnIn } from '../go/withdrawn.ts'
import { orderFrame } from './orders.ts'

const ackLimitMs = 30_000

export type NclNodeParts = {
  bus: Bus
  clock: Clock
  nodeId: NodeId
  generation: ClientVersion
  logs: LogTurns
  reports: ReportQueue
  /** The node has its answer to the handshake: orders before that could be counted wrong there. */
  welcomed: Promise<void>
}

/** A Go node as the orchestrator reaches it: one order after the other, each waits for its acknowledgement. */
export class NclNode implements ComputeEnd {
  readonly #parts: NclNodeParts
  /** The number of the last order. */
  #lastSeq = 0

  constructor(parts: NclNodeParts) {
    this.#parts = parts
  }

  async deliver(_linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    await this.#parts.welcomed
    const withdrawn = withdrawnIn(frames)
    let last: number | undefined
    for (const frame of frames) {
      try {
        if (!withdrawn.has(frame.Seq)) await this.#deliverOne(frame)
      } catch (error) {
        if (last === undefined) throw error
        break
      }
      last = frame.Seq
    }
    return { LastSeq: last ?? 0 }
  }

  readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const { executionId, engine } = query
    const { nodeId, logs, generation } = this.#parts
    if (engine !== undefined && keepsNoLog(engine, generation)) throw noLog(nodeId, engine)
    return logs.read({ ExecutionID: executionId, NodeID: nodeId }, query, signal)
  }

  async readResult(): Promise<ResultPart> {
    throw new Fault('NotFound', 'nodes of this kind keep no results')
  }

  /** The node has bidden for it: it may start. Resolves when that is known here as well. */
  async start(executionId: ExecutionId): Promise<void> {
    const { clock, reports } = this.#parts
    // Nodes do not look at the number of this word, so it has that of the last order.
    await this.#send({ Seq: this.#lastSeq, Message: { Kind: 'BidAccepted', Body: { ExecutionID: executionId } } })
    await reports.add({ Kind: 'RunStarted', Body: { ExecutionID: executionId, StartTime: clock.nowNs() } })
  }

  async #deliverOne(frame: Frame<OrchestratorMessage>): Promise<void> {
    const refusal = await this.#send(frame)
    this.#lastSeq = frame.Seq
    const report = unsaid(frame.Message, refusal, this.#parts.clock.nowNs())
    if (report) await this.#parts.reports.add(report)
  }

  /** Why the node cannot read it; '' = it has it. Throws a Fault when it has not. */
  async #send(frame: Frame<OrchestratorMessage>): Promise<string> {
    const { bus, clock, nodeId, generation } = this.#parts
    const subject = `bacalhau.global.compute.${nodeId}.in.msgs`
    const bytes = orderFrame(frame, { nodeId, subject, generation }, clock.nowNs())
    if (bytes.length > bus.maxPayloadBytes) return 'it is larger than one message'
    const answer = Buffer.from(await bus.request(subject, bytes, ackLimitMs)).toString('utf8')
    return textOf(recordOf(parseWire(answer), 'acknowledgement').error, 'error')
  }
}

/**
 * What a Go node does not say: that it starts what it need not bid for (the order is acknowledged, and that is as near as
 * one can get), that it has stopped, and that it cannot read an order at all. It would never read that one, so it must not
 * hold up the others.
 */
function unsaid(message: OrchestratorMessage, refusal: string, nowNs: bigint): ComputeMessage | undefined {
  if (message.Kind === 'CancelExecution')
    return { Kind: 'CancelResult', Body: { ExecutionID: message.Body.ExecutionID, RunOutput: null } }
  if (message.Kind === 'BidAccepted' || message.Kind === 'UseContent') return undefined
  const { ID, DesiredState } = message.Body.Execution
  if (refusal !== '') {
    const Event = {
      Message: `the node cannot read the order: ${refusal}`,
      Topic: topics.execScanning,
      Timestamp: nowNs,
    }
    return { Kind: 'BidResult', Body: { ExecutionID: ID, IsAccepted: false, Event } }
  }
  if (DesiredState.StateType === 'Pending') return undefined
  return { Kind: 'RunStarted', Body: { ExecutionID: ID, StartTime: nowNs } }
}

/** Since 1.8 they keep a log of containers only; asked for another, they wait a minute and take no other request for output. */
const keepsNoLog = (engine: string, generation: ClientVersion): boolean =>
  generation >= since.v1_8 && engine.toLowerCase() !== 'docker'

const noLog = (nodeId: string, engine: string): Fault =>
  new Fault('ServiceUnavailable', `node ${nodeId} keeps no output of ${engine} programs while they run`, {
    hint: 'It is shown when the program has ended.',
  })
