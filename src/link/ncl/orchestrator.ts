import { parseWire } from '#api/decode/wire-json.ts'
import { goString, goTime } from '#api/encode/go-json.ts'
import { encodeNodeInfo, encodeResources } from '#api/encode/node.ts'
import type { BusMessage, Subscription } from '#contracts/bus.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import type { RequesterParts } from '../bprotocol/requester.ts'
import { countOf, flagOf, recordOf, textOf } from '../go/checked.ts'
import { Intake } from '../go/intake.ts'
import { keptLink } from '../go/kept-link.ts'
import { readExecutionId, readOrder, readOrderHead } from '../go/read-order.ts'
import { serveGoLogs } from '../go/serve-logs.ts'
import { BadFrame, decodeFrame, encodeFrame, type GoFrame, metadataOf, seqOf, typeOf } from './frame.ts'
import { ack, nack } from './replies.ts'
import { type Report, refusal, reportOf } from './report-text.ts'

const beatEveryMs = 15_000
const controlLimitMs = 10_000
const ackLimitMs = 30_000
const unreadable = 'failed to deserialize message payload: '

/** An orchestrator of version 1.6 and later as this node reaches it, by the protocol `ncl/v1`. */
export class NclOrchestrator implements OrchestratorEnd {
  readonly #parts: RequesterParts
  readonly #intake: Intake
  readonly #startTime: bigint
  #orders: Subscription | undefined
  #logs: Subscription | undefined
  /** Number of the last order taken, as the orchestrator is told: after its own crash it goes on from there. */
  #lastOrder = 0
  #lastReport = 0

  constructor(parts: RequesterParts) {
    this.#parts = parts
    this.#intake = new Intake(parts.clock)
    this.#startTime = parts.clock.nowNs()
  }

  /** Orders come with the answer, so they are listened to before. */
  async handshake({ NodeInfo, LinkID }: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const { bus, clock, nodeId, random } = this.#parts
    this.#orders ??= bus.subscribe(this.#subject('in.msgs'), (message) => this.#onOrder(message))
    const request =
      `{"NodeInfo":${encodeNodeInfo(NodeInfo)},"StartTime":${goTime(this.#startTime)},` +
      `"LastOrchestratorSeqNum":${this.#lastOrder}}`
    const { payload } = await this.#control('transport.HandshakeRequest', request)
    const IsAccepted = flagOf(payload.accepted, 'accepted')
    const Reason = textOf(payload.reason, 'reason')
    // It has not met this node before: what it is remembered for was with another one, or is lost there.
    const linkId = keptLink('ncl/v1', Reason === 'node registered' ? '' : LinkID, random)
    if (IsAccepted) {
      this.#lastOrder = countOf(payload.LastOrchestratorSeqNum, 'LastOrchestratorSeqNum')
      this.#intake.goOn(back, linkId)
      this.#logs ??= serveGoLogs(bus, clock, nodeId, back)
    }
    return { IsAccepted, Reason, LinkID: linkId, HeartbeatIntervalMs: beatEveryMs }
  }

  heartbeat({ NodeID, AvailableCapacity, QueueUsedCapacity }: Heartbeat): Promise<HeartbeatReply> {
    const text =
      `{"NodeID":${goString(NodeID)},"AvailableCapacity":${encodeResources(AvailableCapacity)},` +
      `"QueueUsedCapacity":${encodeResources(QueueUsedCapacity)},"LastOrchestratorSeqNum":${this.#lastOrder}}`
    return this.#known(this.#control('transport.HeartbeatRequest', text))
  }

  updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    return this.#known(this.#control('transport.UpdateNodeInfoRequest', `{"NodeInfo":${encodeNodeInfo(info)}}`))
  }

  /** One after the other: each waits until it is stored there. */
  async deliver(_nodeId: NodeId, _linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    let LastSeq = (frames[0]?.Seq ?? 1) - 1
    for (const { Seq, Message } of frames) {
      const { Origin } = Message.Body
      // Without one it is work of an earlier orchestrator, which is not spoken with any more.
      const report = Origin && reportOf(Message, Origin, this.#parts.clock.nowNs())
      this.#lastReport = Seq
      if (report) await this.#report(report)
      LastSeq = Seq
    }
    return { LastSeq }
  }

  async goodbye(nodeId: NodeId): Promise<void> {
    this.leave()
    const text = `{"NodeID":${goString(nodeId)},"LastOrchestratorSeqNum":${this.#lastOrder}}`
    await this.#control('transport.ShutdownNoticeRequest', text)
  }

  /** Another orchestrator is spoken with now. */
  leave(): void {
    this.#intake.stop()
    this.#orders?.stop()
    this.#logs?.stop()
    this.#orders = undefined
    this.#logs = undefined
  }

  async #known(answer: Promise<unknown>): Promise<HeartbeatReply> {
    try {
      await answer
      return { IsKnown: true }
    } catch (error) {
      if (error instanceof HandshakeRequired) return { IsKnown: false }
      throw error
    }
  }

  async #control(type: string, text: string): Promise<GoFrame> {
    const { bus, nodeId, clock } = this.#parts
    const request = encodeFrame(metadataOf(type, nodeId, clock.nowNs()), text)
    const answer = decodeFrame(await bus.request(this.#subject('out.ctrl'), request, controlLimitMs))
    if (typeOf(answer) !== 'BacError') return answer
    const { Code, Cause } = answer.payload
    const cause = textOf(Cause, 'Cause')
    throw Code === 'HandshakeRequired' ? new HandshakeRequired(cause) : new Fault('ServiceUnavailable', cause)
  }

  async #report({ type, text }: Report): Promise<void> {
    const { bus, nodeId, clock } = this.#parts
    const metadata = {
      ...metadataOf(type, nodeId, clock.nowNs()),
      'Bacalhau-MessageID': `seq-${this.#lastReport}`,
      'Bacalhau-SeqNum': String(this.#lastReport),
    }
    const answer = await bus.request(this.#subject('out.msgs'), encodeFrame(metadata, text), ackLimitMs)
    const { error } = recordOf(parseWire(Buffer.from(answer).toString('utf8')), 'the acknowledgement')
    if (error) throw new Fault('ServiceUnavailable', `the orchestrator did not take ${type}: ${textOf(error, 'error')}`)
  }

  #onOrder({ payload, reply }: BusMessage): void {
    const { bus, log } = this.#parts
    void this.#take(payload)
      .then(
        () => ack,
        (error: unknown) => {
          log('orchestrator_message_refused', { error: messageOf(error) })
          return nack(error instanceof BadFrame ? unreadable + messageOf(error) : messageOf(error), 0)
        },
      )
      .then((answer) => reply !== undefined && bus.publish(reply, answer))
  }

  async #take(bytes: Uint8Array): Promise<void> {
    const frame = decodeFrame(bytes)
    const seq = seqOf(frame)
    if (seq === undefined) throw new BadFrame('the message has no number')
    await this.#apply(frame, seq)
    this.#lastOrder = seq
  }

  #apply(frame: GoFrame, seq: number): Promise<void> {
    const { payload } = frame
    switch (typeOf(frame)) {
      case 'AskForBid':
        return this.#order(payload, seq)
      case 'BidAccepted': {
        const ExecutionID = readExecutionId(payload.ExecutionID)
        return this.#intake.take({ Kind: 'BidAccepted', Body: { ExecutionID } }, seq)
      }
      case 'BidRejected':
      case 'CancelExecution': {
        const ExecutionID = readExecutionId(payload.ExecutionID)
        return this.#intake.take({ Kind: 'CancelExecution', Body: { ExecutionID, Reason: '' } }, seq)
      }
      default:
        throw new BadFrame(`unsupported message type: ${typeOf(frame)}`)
    }
  }

  /** An order that cannot be read is refused like a bid, and told before it is acknowledged. */
  async #order(payload: GoFrame['payload'], seq: number): Promise<void> {
    const { nodeId, clock, log } = this.#parts
    const execution = recordOf(payload.Execution, 'Execution')
    const desired = countOf(recordOf(execution.DesiredState, 'DesiredState').StateType, 'DesiredState.StateType')
    const head = readOrderHead(execution, '', desired === 0)
    try {
      const order = readOrder(execution, head, nodeId)
      await this.#intake.take(order, seq)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'BadRequest')) throw error
      log('order_refused', { executionId: head.executionId, error: error.message })
      const event = { Message: error.message, Topic: topics.execScanning, Timestamp: clock.nowNs() }
      await this.#report(refusal(head.executionId, head.origin, event))
    }
  }

  #subject(end: string): string {
    return `bacalhau.global.compute.${this.#parts.nodeId}.${end}`
  }
}

/** The orchestrator does not know this node now. */
class HandshakeRequired extends Error {}
