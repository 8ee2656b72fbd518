import { parseWire } from '#api/decode/wire-json.ts'
import { goString, goTime } from '#api/encode/go-json.ts'
import { encodeNodeInfo, encodeResources } from '#api/encode/node.ts'
import type { Subscription } from '#contracts/bus.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
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
  UploadRequest,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { countOf, flagOf, recordOf, sentenceOf, textOf } from '../go/checked.ts'
import { Intake } from '../go/intake.ts'
import { keptLink } from '../go/kept-link.ts'
import { hasNoUploads, takesNoResults } from '../go/orchestrator-lacks.ts'
import { serveGoLogs } from '../go/serve-logs.ts'
import type { NodeSide } from '../node-side.ts'
import { decodeFrame, encodeFrame, type GoFrame, metadataOf, typeOf } from './frame.ts'
import { Incoming } from './incoming.ts'
import { type Report, reportOf } from './report-text.ts'

const beatEveryMs = 15_000
const controlLimitMs = 10_000
const ackLimitMs = 30_000

/** An orchestrator of version 1.6 and later as this node reaches it, by the protocol `ncl/v1`. */
export class NclOrchestrator implements OrchestratorEnd {
  readonly #parts: NodeSide
  readonly #intake: Intake
  readonly #incoming: Incoming
  readonly #startTime: bigint
  #orders: Subscription | undefined
  #logs: Subscription | undefined
  #lastReport = 0

  constructor(parts: NodeSide) {
    this.#parts = parts
    this.#intake = new Intake(parts.clock)
    this.#incoming = new Incoming(parts, this.#intake, (report) => this.#report(report))
    this.#startTime = parts.clock.nowNs()
  }

  /** Orders come with the answer, so they are listened to before. */
  async handshake({ NodeInfo, LinkID }: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const { bus, clock, nodeId, random } = this.#parts
    this.#orders ??= bus.subscribe(this.#subject('in.msgs'), (message) => this.#incoming.take(message))
    const request =
      `{"NodeInfo":${encodeNodeInfo(NodeInfo)},"StartTime":${goTime(this.#startTime)},` +
      `"LastOrchestratorSeqNum":${this.#incoming.lastSeq}}`
    const { payload } = await this.#control('transport.HandshakeRequest', request)
    const IsAccepted = flagOf(payload.accepted, 'accepted')
    const Reason = sentenceOf(payload.reason, 'reason')
    // It has not met this node before: what it is remembered for was with another one, or is lost there.
    const linkId = keptLink('ncl/v1', Reason === 'node registered' ? '' : LinkID, random)
    if (IsAccepted) {
      this.#incoming.lastSeq = countOf(payload.LastOrchestratorSeqNum, 'LastOrchestratorSeqNum')
      this.#intake.goOn(back, linkId)
      this.#logs ??= serveGoLogs(bus, clock, nodeId, back)
    }
    return { IsAccepted, Reason, LinkID: linkId, HeartbeatIntervalMs: beatEveryMs }
  }

  heartbeat({ NodeID, AvailableCapacity, QueueUsedCapacity }: Heartbeat): Promise<HeartbeatReply> {
    const text =
      `{"NodeID":${goString(NodeID)},"AvailableCapacity":${encodeResources(AvailableCapacity)},` +
      `"QueueUsedCapacity":${encodeResources(QueueUsedCapacity)},"LastOrchestratorSeqNum":${this.#incoming.lastSeq}}`
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

  takeResult(): Promise<never> {
    return Promise.reject(takesNoResults())
  }

  async uploadAddress(_nodeId: NodeId, { JobID, ExecutionID }: UploadRequest): Promise<string> {
    const text = `{"Events":null,"ExecutionID":${goString(ExecutionID)},"JobID":${goString(JobID)}}`
    const { payload } = await this.#ask('out.requests', 'managedPublisher.PreSignURLRequest', text)
    return textOf(payload.PreSignedURL, 'PreSignedURL')
  }

  readUpload(): Promise<never> {
    return Promise.reject(hasNoUploads())
  }

  async goodbye(nodeId: NodeId): Promise<void> {
    this.leave()
    const text = `{"NodeID":${goString(nodeId)},"LastOrchestratorSeqNum":${this.#incoming.lastSeq}}`
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

  #control(type: string, text: string): Promise<GoFrame> {
    return this.#ask('out.ctrl', type, text)
  }

  async #ask(end: string, type: string, text: string): Promise<GoFrame> {
    const { bus, nodeId, clock } = this.#parts
    const request = encodeFrame(metadataOf(type, nodeId, clock.nowNs()), text)
    const answer = decodeFrame(await bus.request(this.#subject(end), request, controlLimitMs))
    if (typeOf(answer) !== 'BacError') return answer
    const { Code, Cause } = answer.payload
    const cause = sentenceOf(Cause, 'Cause')
    throw Code === 'HandshakeRequired' ? new HandshakeRequired(cause) : new Fault('ServiceUnavailable', cause)
  }

  async #report({ type, text }: Report): Promise<void> {
    const { bus, nodeId, clock, log } = this.#parts
    const metadata = {
      ...metadataOf(type, nodeId, clock.nowNs()),
      'Bacalhau-MessageID': `seq-${this.#lastReport}`,
      'Bacalhau-SeqNum': String(this.#lastReport),
    }
    const answer = await bus.request(this.#subject('out.msgs'), encodeFrame(metadata, text), ackLimitMs)
    const { error } = recordOf(parseWire(Buffer.from(answer).toString('utf8')), 'the acknowledgement')
    if (!error) return
    const reason = sentenceOf(error, 'error')
    log('report_refused', { type, reason })
    throw new Fault('ServiceUnavailable', `the orchestrator did not take ${type}: ${reason}`)
  }

  #subject(end: string): string {
    return `bacalhau.global.compute.${this.#parts.nodeId}.${end}`
  }
}

/** The orchestrator does not know this node now. */
class HandshakeRequired extends Error {}
