import { nsOfTime, type Wire } from '#api/decode/wire-json.ts'
import type { BusMessage, Subscription } from '#contracts/bus.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { executionIdOf, ownNameOf, textOf } from '../go/checked.ts'
import { GoLogStreams } from '../go/log-streams.ts'
import { LogTurns } from '../go/log-turns.ts'
import { goNodeInfo, goResources } from '../go/node-info.ts'
import { ReportQueue } from '../go/report-queue.ts'
import { bidResult, computeError, firstEvent, forgottenBid, runResult, unreadableReport } from '../go/reports.ts'
import type { OrchestratorSide } from '../orchestrator-side.ts'
import { BadFrame, decodeFrame, eventTimeOf, type GoFrame, seqOf, typeOf } from './frame.ts'
import { NclNode } from './ncl-node.ts'
import { generationOf } from './orders.ts'
import { ack, bacError, controlReply, handshakeRequired, nack } from './replies.ts'

type Peer = {
  readonly reports: ReportQueue
  readonly logs: LogTurns
  readonly node: NclNode
  readonly linkId: string
  /** Begin of its process by its own clock, Unix ns. */
  readonly startNs: bigint
  /** Number of the last message that was taken, as the node is told; nothing depends on it. */
  lastComputeSeq: number
  nacksInARow: number
}

/** The orchestrator as Go nodes of the protocol `ncl/v1` reach it. */
export class NclNodes {
  readonly #parts: OrchestratorSide
  readonly #streams: GoLogStreams
  readonly #peers = new Map<NodeId, Peer>()

  constructor(parts: OrchestratorSide) {
    this.#parts = parts
    this.#streams = new GoLogStreams(parts.bus, parts.clock, parts.random)
  }

  serve(): Subscription {
    const heartbeats = this.#streams.serve()
    return {
      stop: () => {
        heartbeats.stop()
        for (const { reports } of this.#peers.values()) reports.stop()
      },
    }
  }

  /** A request on `out.ctrl`. Every one is answered: a node would wait ten seconds. */
  async control(nodeId: NodeId, { payload, reply }: BusMessage): Promise<void> {
    if (reply === undefined) return
    const welcomed = Promise.withResolvers<void>()
    this.#parts.bus.publish(
      reply,
      await this.#answer(nodeId, payload, welcomed.promise).catch((error: unknown) => this.#refusal(nodeId, error)),
    )
    welcomed.resolve()
  }

  /** A request on `out.requests`: where the result of an execution goes. */
  async request(nodeId: NodeId, { payload, reply }: BusMessage): Promise<void> {
    if (reply === undefined) return
    const answer = await this.#uploadAddress(nodeId, payload).catch((error: unknown) => this.#refusal(nodeId, error))
    this.#parts.bus.publish(reply, answer)
  }

  /** A report on `out.msgs`: acknowledged when it is on disk, or when it can mean nothing. */
  async report(nodeId: NodeId, { payload, reply }: BusMessage): Promise<void> {
    const answer = await this.#take(nodeId, payload)
    if (reply !== undefined) this.#parts.bus.publish(reply, answer)
  }

  async #answer(nodeId: NodeId, bytes: Uint8Array, welcomed: Promise<void>): Promise<Buffer> {
    const frame = decodeFrame(bytes)
    const { end } = this.#parts
    const { payload } = frame
    switch (typeOf(frame)) {
      case 'transport.HandshakeRequest':
        return this.#shakeHands(nodeId, payload, welcomed)
      case 'transport.HeartbeatRequest':
        return this.#hear(nodeId, payload)
      case 'transport.UpdateNodeInfoRequest': {
        const info = goNodeInfo(payload.NodeInfo)
        ownNameOf(info.NodeID, nodeId)
        const { IsKnown } = await end.updateInfo(info)
        return IsKnown ? this.#reply('transport.UpdateNodeInfoResponse', { accepted: true }) : handshakeRequired(nodeId)
      }
      case 'transport.ShutdownNoticeRequest': {
        ownNameOf(textOf(payload.NodeID, 'NodeID'), nodeId)
        const LastComputeSeqNum = this.#peers.get(nodeId)?.lastComputeSeq ?? 0
        await end.goodbye(nodeId)
        return this.#reply('transport.ShutdownNoticeResponse', { LastComputeSeqNum })
      }
      default:
        throw unknownType(frame)
    }
  }

  /**
   * A Go node names no link and tells no store: what we remember stands for both. What it forgot over a restart it reports
   * as failed by itself. Our numbers mean nothing to it, so it keeps the one it claims.
   */
  async #shakeHands(nodeId: NodeId, payload: Wire, welcomed: Promise<void>): Promise<Buffer> {
    const { bus, end, clock } = this.#parts
    const info = goNodeInfo(payload.NodeInfo)
    ownNameOf(info.NodeID, nodeId)
    const known = this.#peers.get(nodeId)
    const reports = known?.reports ?? new ReportQueue(nodeId, end, clock)
    const logs = known?.logs ?? new LogTurns(this.#streams, clock, `node.compute.${nodeId}.ExecutionLogs/v1`)
    const lastComputeSeq = known?.lastComputeSeq ?? 0
    const generation = generationOf(info)
    const node = new NclNode({ bus, clock, nodeId, generation, logs, reports, welcomed })
    const ProcessID = textOf(payload.StartTime, 'StartTime')
    const { IsAccepted, Reason, LinkID } = await end.handshake({ NodeInfo: info, LiveExecutions: [], ProcessID }, node)
    if (IsAccepted) {
      const startNs = nsOfTime(ProcessID)
      this.#peers.set(nodeId, { reports, logs, node, linkId: LinkID, startNs, lastComputeSeq, nacksInARow: 0 })
      reports.goOn(LinkID)
    }
    return this.#reply('transport.HandshakeResponse', {
      accepted: IsAccepted,
      reason: Reason,
      LastComputeSeqNum: IsAccepted ? lastComputeSeq : 0,
      LastOrchestratorSeqNum: IsAccepted ? (payload.LastOrchestratorSeqNum ?? 0) : 0,
    })
  }

  async #hear(nodeId: NodeId, payload: Wire): Promise<Buffer> {
    ownNameOf(textOf(payload.NodeID, 'NodeID'), nodeId)
    const peer = this.#peers.get(nodeId)
    if (!peer) return handshakeRequired(nodeId)
    const { IsKnown } = await this.#parts.end.heartbeat({
      NodeID: nodeId,
      LinkID: peer.linkId,
      AvailableCapacity: goResources(payload.AvailableCapacity, 'AvailableCapacity'),
      QueueUsedCapacity: goResources(payload.QueueUsedCapacity, 'QueueUsedCapacity'),
    })
    if (!IsKnown) return handshakeRequired(nodeId)
    return this.#reply('transport.HeartbeatResponse', { LastComputeSeqNum: peer.lastComputeSeq })
  }

  async #uploadAddress(nodeId: NodeId, bytes: Uint8Array): Promise<Buffer> {
    if (!this.#peers.has(nodeId)) return handshakeRequired(nodeId)
    const frame = decodeFrame(bytes)
    if (typeOf(frame) !== 'managedPublisher.PreSignURLRequest') throw unknownType(frame)
    const JobID = textOf(frame.payload.JobID, 'JobID') as JobId
    const ExecutionID = executionIdOf(frame.payload.ExecutionID, 'ExecutionID')
    const PreSignedURL = await this.#parts.end.uploadAddress(nodeId, { JobID, ExecutionID })
    const payload = { JobType: '', Events: null, ExecutionID, JobID, PreSignedURL }
    return this.#reply('managedPublisher.PreSignURLResponse', payload)
  }

  async #take(nodeId: NodeId, bytes: Uint8Array): Promise<Buffer> {
    const peer = this.#peers.get(nodeId)
    if (!peer) return nack(`node ${nodeId} not connected - handshake required`, 0)
    try {
      const frame = decodeFrame(bytes)
      const report = withoutOldBid(this.#read(nodeId, frame), frame, peer.startNs)
      await peer.reports.add(report)
      // Before its bid is acknowledged: should we fail in between, the node bids again.
      if (report.Kind === 'BidResult' && report.Body.IsAccepted) await peer.node.start(report.Body.ExecutionID)
      peer.nacksInARow = 0
      peer.lastComputeSeq = seqOf(frame) ?? peer.lastComputeSeq
      return ack
    } catch (error) {
      this.#tell(nodeId, error)
      return nack(reasonOf(error), peer.nacksInARow++)
    }
  }

  /** A known report of the wrong form is not sent back: the node would say the same for ever, and nothing after it. */
  #read(nodeId: NodeId, frame: GoFrame): ComputeMessage {
    try {
      return reportOf(frame)
    } catch (error) {
      if (error instanceof BadFrame) throw error
      this.#tell(nodeId, error)
      return unreadableReport(frame.payload.ExecutionID, messageOf(error))
    }
  }

  #refusal(nodeId: NodeId, error: unknown): Buffer {
    this.#tell(nodeId, error)
    return errorReply(error)
  }

  /** What is well formed and comes at a bad moment is said again by its sender. */
  #tell(nodeId: NodeId, error: unknown): void {
    if (error instanceof BadFrame || !faultOf(error).isRetryable)
      this.#parts.log('node_message_refused', { nodeId, error })
  }

  #reply(type: string, payload: object): Buffer {
    return controlReply(type, payload, this.#parts.clock.nowNs())
  }
}

/**
 * A bid of a process that has ended is not heard of again: over a restart such nodes forget what only waited. Nobody has
 * told it to start, so it is lost, and may be placed anew.
 */
const withoutOldBid = (report: ComputeMessage, frame: GoFrame, startNs: bigint): ComputeMessage => {
  const madeNs = eventTimeOf(frame)
  const isOld = report.Kind === 'BidResult' && report.Body.IsAccepted && madeNs > 0n && madeNs < startNs
  return isOld ? forgottenBid(report.Body.ExecutionID) : report
}

function reportOf(frame: GoFrame): ComputeMessage {
  const { payload } = frame
  switch (typeOf(frame)) {
    case 'BidResult':
      return bidResult(payload, firstEvent(payload.Events))
    case 'RunResult':
      return runResult(payload)
    case 'ComputeError':
      return computeError(payload, firstEvent(payload.Events))
    default:
      throw unknownType(frame)
  }
}

const unreadable = 'failed to deserialize message payload: '
const unknownType = (frame: GoFrame): BadFrame =>
  new BadFrame(`${unreadable}unsupported message type: ${typeOf(frame)}`)

const isUnreadable = (error: unknown): boolean =>
  error instanceof BadFrame || (error instanceof Fault && error.code === 'BadRequest')
const reasonOf = (error: unknown): string =>
  isUnreadable(error) ? `${unreadable}${messageOf(error)}` : messageOf(error)

const errorReply = (error: unknown): Buffer => {
  const prefix = isUnreadable(error) ? 'failed to deserialize request: ' : ''
  const { status, isRetryable } = error instanceof BadFrame ? { status: 500, isRetryable: false } : faultOf(error)
  return bacError({ cause: prefix + messageOf(error), code: '', status, isRetryable })
}
