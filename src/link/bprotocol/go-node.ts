import type { Bus } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  HandshakeReply,
  OrchestratorMessage,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import type { GoLogStreams } from '../go/log-streams.ts'
import { LogTurns } from '../go/log-turns.ts'
import { ReportQueue } from '../go/report-queue.ts'
import { errorIn } from './envelope.ts'
import { askForBid, cancelExecution, whyNotSent } from './order.ts'

/** Longer than the 10 s after which a node notices that its output is not read any more: until then it takes no request. */
const answerLimitMs = 15_000

export type GoNodeParts = {
  bus: Bus
  clock: Clock
  random: Random
  end: OrchestratorEnd
  streams: GoLogStreams
  orchestratorId: string
}

/** A node of version 1.4 as the orchestrator reaches it: orders become requests, its callbacks become reports. */
export class GoNode implements ComputeEnd {
  readonly id: NodeId
  readonly reports: ReportQueue
  readonly #parts: GoNodeParts
  readonly #logs: LogTurns
  /** Asked for, and not known to have ended: a second AskForBid would at best be refused, at worst crash the node again. */
  readonly #asked = new Set<ExecutionId>()
  /** Of these, what the node has not answered for. */
  readonly #unanswered = new Set<ExecutionId>()

  constructor(id: NodeId, parts: GoNodeParts) {
    this.id = id
    this.#parts = parts
    this.reports = new ReportQueue(id, parts.end, parts.clock)
    this.#logs = new LogTurns(parts.streams, parts.clock, this.#subject('ExecutionLogs'))
  }

  /** `isEmpty`: the node holds nothing of what it had before. */
  async join(info: NodeInfo, isEmpty: boolean): Promise<HandshakeReply> {
    const store = isEmpty ? { StoreID: this.#parts.random.uuid() } : {}
    const reply = await this.#parts.end.handshake({ NodeInfo: info, LiveExecutions: [], ...store }, this)
    if (reply.IsAccepted) this.reports.goOn(reply.LinkID)
    return reply
  }

  async deliver(_linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    let LastSeq = (frames[0]?.Seq ?? 1) - 1
    for (const { Seq, Message } of frames) {
      try {
        await this.#tell(Message)
      } catch (error) {
        if (Seq === frames[0]?.Seq) throw error
        break
      }
      LastSeq = Seq
    }
    return { LastSeq }
  }

  /** The process of the node is another one: what it was asked and never answered, it does not know. */
  restarted(): void {
    for (const executionId of this.#unanswered) this.#fail(executionId, 'the node was restarted while it was asked')
    this.#unanswered.clear()
    this.#asked.clear()
  }

  /** It has called back: no answer is waited for any more. */
  calledBack(message: ComputeMessage): void {
    this.#unanswered.delete(message.Body.ExecutionID)
    const goesOn = message.Kind === 'BidResult' && message.Body.IsAccepted
    if (!goesOn) this.#asked.delete(message.Body.ExecutionID)
    void this.reports.add(message)
  }

  /** It has called back in a form that we do not read. */
  unreadable(executionId: ExecutionId, why: string): void {
    this.#unanswered.delete(executionId)
    if (this.#asked.has(executionId)) this.#fail(executionId, `the node's report cannot be read: ${why}`)
  }

  readLogs({ executionId, isFollowing, isTail }: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const peers = { SourcePeerID: this.#parts.orchestratorId, TargetPeerID: this.id }
    const body = { ...peers, ExecutionID: executionId, Tail: isTail, Follow: isFollowing }
    return this.#logs.read(JSON.stringify(body), isTail, signal)
  }

  async readResult(): Promise<ResultPart> {
    throw new Fault('NotFound', 'nodes of other versions keep no results for the orchestrator')
  }

  async #tell(message: OrchestratorMessage): Promise<void> {
    switch (message.Kind) {
      case 'AskForBid':
        return this.#ask(message.Body)
      case 'CancelExecution':
        return this.#cancel(message.Body)
      case 'BidAccepted':
        throw new Error('our orchestrator decides before it asks')
    }
  }

  async #ask({ Execution, Job }: Extract<OrchestratorMessage, { Kind: 'AskForBid' }>['Body']): Promise<void> {
    if (this.#asked.has(Execution.ID)) return
    const text = askForBid(this.#parts.orchestratorId, Execution, Job)
    const why = whyNotSent(text)
    if (why !== undefined) return this.#fail(Execution.ID, why)
    this.#asked.add(Execution.ID)
    this.#unanswered.add(Execution.ID)
    const answer = await this.#request('AskForBid', text).catch((error: unknown) => {
      this.#asked.delete(Execution.ID)
      this.#unanswered.delete(Execution.ID)
      throw error
    })
    // Slow, not dead: it calls back, or its next process shows that it will not.
    if (answer === undefined) return
    this.#unanswered.delete(Execution.ID)
    const refusal = errorIn(answer)
    if (refusal !== undefined) return this.#fail(Execution.ID, refusal)
    const StartTime = this.#parts.clock.nowNs()
    void this.reports.add({ Kind: 'RunStarted', Body: { ExecutionID: Execution.ID, StartTime } })
  }

  /** What it does not hold, or cannot stop any more, needs no stopping. */
  async #cancel({ ExecutionID, Reason }: { ExecutionID: ExecutionId; Reason: string }): Promise<void> {
    const text = cancelExecution(this.#parts.orchestratorId, this.id, ExecutionID, Reason)
    const answer = await this.#request('CancelExecution', text)
    if (answer === undefined || errorIn(answer) === undefined) return
    this.calledBack({ Kind: 'CancelResult', Body: { ExecutionID, RunOutput: null } })
  }

  /** The answer; undefined = none in time, which does not tell whether the node has got it. Throws when it has not. */
  #request(name: string, text: string): Promise<Uint8Array | undefined> {
    return this.#logs.withoutStreams(() =>
      this.#parts.bus.request(this.#subject(name), Buffer.from(text), answerLimitMs).catch((error: unknown) => {
        if (error instanceof Fault && error.code === 'Timeout') return undefined
        throw error
      }),
    )
  }

  #fail(executionId: ExecutionId, Message: string): void {
    this.#asked.delete(executionId)
    const event = { Message, Topic: topics.requestingNode, Timestamp: this.#parts.clock.nowNs() }
    void this.reports.add({
      Kind: 'ComputeError',
      Body: { ExecutionID: executionId, FailureClass: 'node', Event: event, RunOutput: null },
    })
  }

  #subject(name: string): string {
    return `node.compute.${this.id}.${name}/v1`
  }
}
