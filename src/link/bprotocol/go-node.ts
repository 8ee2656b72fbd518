import type { Bus } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { Clock, Random, Timer } from '#lib/clock.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { FailureClass } from '#models/job.ts'
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
import { withdrawnIn } from '../go/withdrawn.ts'
import { errorIn } from './envelope.ts'
import { askForBid, bidAccepted, cancelExecution, whyNotSent } from './order.ts'

/** Longer than the 10 s after which a node notices that its output is not read any more: until then it takes no request. */
const answerLimitMs = 15_000

/** In which words it says that it does not have an execution any more. */
const isOver = /is in state (?:Completed|Failed|Cancelled)\b|not found/
/** So long a report of the end may be on its way. */
const lateReportMs = 5_000
const unheard = 'the node has ended it, and nobody heard it tell how'

export type GoNodeParts = {
  bus: Bus
  clock: Clock
  random: Random
  end: OrchestratorEnd
  streams: GoLogStreams
  orchestratorId: string
  /** What a node is to have and has not ended, as far as is known here. */
  liveOn: (nodeId: NodeId) => Promise<Execution[]>
  log: (event: string, fields: Record<string, unknown>) => void
}

type Order = Extract<OrchestratorMessage, { Kind: 'AskForBid' }>['Body']

/** A node of version 1.4 as the orchestrator reaches it: orders become requests, its callbacks become reports. */
export class GoNode implements ComputeEnd {
  readonly id: NodeId
  readonly reports: ReportQueue
  readonly #parts: GoNodeParts
  readonly #logs: LogTurns
  /** Asked for, and not known to have ended: a second AskForBid would at best be refused, at worst crash the node again. */
  readonly #asked = new Map<ExecutionId, Promise<void>>()
  /** Of these, what the node has not answered for. */
  readonly #unanswered = new Set<ExecutionId>()
  /** Of these, during which the node was restarted. */
  readonly #suspects = new Set<ExecutionId>()
  /** Failed while the order had no answer: when it comes again, it must not be sent. */
  readonly #givenUp = new Set<ExecutionId>()
  /** What it says is over: each fails when it is due. */
  readonly #over = new Map<ExecutionId, Timer>()
  /** When it was last met: by orders of before it may have been asked by an earlier life of ours, or over a line that broke. */
  #metAtNs = 0n
  #again: Timer | undefined
  /** It has not answered for all that it is believed to run. */
  #isToBeAsked = false
  #isStopped = false

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
    if (!reply.IsAccepted) return reply
    this.reports.goOn(reply.LinkID)
    this.#met()
    return reply
  }

  stop(): void {
    this.#isStopped = true
    this.reports.stop()
    for (const timer of this.#over.values()) timer.stop()
    this.#again?.stop()
  }

  async deliver(_linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    const withdrawn = withdrawnIn(frames)
    let LastSeq = (frames[0]?.Seq ?? 1) - 1
    for (const { Seq, Message } of frames) {
      try {
        if (!withdrawn.has(Seq)) await this.#tell(Message)
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
    for (const executionId of this.#unanswered) {
      // Once may be chance, and the new process may have been asked as well.
      if (this.#suspects.delete(executionId)) this.#giveUp(executionId)
      else this.#suspects.add(executionId)
    }
    this.#asked.clear()
    this.#met()
  }

  /** It has given a sign of life. */
  heard(): void {
    if (this.#isToBeAsked) void this.#askWhatRuns()
  }

  /** It has called back: no answer is waited for any more. */
  calledBack(message: ComputeMessage): void {
    this.#unanswered.delete(message.Body.ExecutionID)
    this.#suspects.delete(message.Body.ExecutionID)
    const goesOn = message.Kind === 'BidResult' && message.Body.IsAccepted
    if (!goesOn) this.#asked.delete(message.Body.ExecutionID)
    void this.reports.add(message)
  }

  /** It has called back in a form that we do not read. */
  unreadable(executionId: ExecutionId, why: string): void {
    this.#unanswered.delete(executionId)
    if (this.#asked.has(executionId)) this.#fail(executionId, `the node's report cannot be read: ${why}`)
  }

  readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const peers = { SourcePeerID: this.#parts.orchestratorId, TargetPeerID: this.id }
    return this.#logs.read({ ...peers, ExecutionID: query.executionId }, query, signal)
  }

  async readResult(): Promise<ResultPart> {
    throw new Fault('NotFound', 'nodes of other versions keep no results for the orchestrator')
  }

  #met(): void {
    this.#metAtNs = this.#parts.clock.nowNs()
    void this.#askWhatRuns()
  }

  /** An order that it had before is taken as if it were new, and may have ended: that can be asked once it is believed to run. */
  #askAgain(): void {
    this.#again ??= this.#parts.clock.after(lateReportMs, () => {
      this.#again = undefined
      void this.#askWhatRuns()
    })
  }

  /**
   * It says once how an execution ended, and perhaps nobody heard it: whoever is met again is asked for what it is believed to run.
   * What is over fails, unless the report of its end comes after all. Where it gives no answer, the rest is asked for when it is
   * heard again.
   */
  async #askWhatRuns(): Promise<void> {
    this.#isToBeAsked = false
    const over: ExecutionId[] = []
    await this.#gather(over).catch((error: unknown) => this.#notAsked(error))
    if (this.#isStopped) return
    for (const id of over) if (!this.#over.has(id)) this.#over.set(id, this.#failLater(id))
  }

  #failLater(id: ExecutionId): Timer {
    return this.#parts.clock.after(lateReportMs, () => {
      this.#over.delete(id)
      this.#fail(id, unheard, 'lost')
    })
  }

  /** Adds what is over. Throws when it has not answered for all. */
  async #gather(over: ExecutionId[]): Promise<void> {
    for (const { ID, ComputeState } of await this.#parts.liveOn(this.id)) {
      // What it has not answered for comes again as an order.
      if (ComputeState.StateType !== 'Running') continue
      const answer = await this.#request('BidAccepted', bidAccepted(this.#parts.orchestratorId, this.id, ID))
      if (answer === undefined) throw this.#silent()
      if (isOver.test(errorIn(answer) ?? '')) over.push(ID)
    }
  }

  #notAsked(error: unknown): void {
    if (this.#isStopped) return
    this.#isToBeAsked = true
    const isAway = faultOf(error).isRetryable
    if (!isAway) this.#parts.log('node_not_asked', { nodeId: this.id, error: messageOf(error) })
  }

  async #tell(message: OrchestratorMessage): Promise<void> {
    switch (message.Kind) {
      case 'AskForBid':
        return this.#ask(message.Body)
      case 'CancelExecution':
        return this.#cancel(message.Body)
      case 'UseContent':
        throw new Error('Go nodes tell of no content')
      case 'BidAccepted':
        throw new Error('our orchestrator decides before it asks')
    }
  }

  #ask({ Execution, Job }: Order): Promise<void> {
    const { ID } = Execution
    if (this.#givenUp.delete(ID)) return Promise.resolve()
    // Also of an earlier connection, when its answer is still waited for.
    const known = this.#asked.get(ID)
    if (known) return known
    const text = askForBid(this.#parts.orchestratorId, Execution, Job)
    const why = whyNotSent(text, this.#parts.bus.maxPayloadBytes)
    if (why !== undefined) {
      this.#fail(ID, why)
      return Promise.resolve()
    }
    const asking = this.#askNow(Execution, text)
    this.#asked.set(ID, asking)
    asking.catch(() => this.#asked.get(ID) === asking && this.#asked.delete(ID))
    return asking
  }

  async #askNow({ ID: id, CreateTime }: Execution, text: string): Promise<void> {
    this.#unanswered.add(id)
    const answer = await this.#request('AskForBid', text).catch((error: unknown) => {
      this.#unanswered.delete(id)
      throw error
    })
    // Slow, or the order was lost with a connection: it is asked again, and one that has it already says so.
    if (answer === undefined) throw this.#silent()
    this.#unanswered.delete(id)
    this.#suspects.delete(id)
    const refusal = errorIn(answer)
    if (refusal !== undefined) return this.#fail(id, refusal)
    const StartTime = this.#parts.clock.nowNs()
    void this.reports.add({ Kind: 'RunStarted', Body: { ExecutionID: id, StartTime } })
    if (CreateTime < this.#metAtNs) this.#askAgain()
  }

  /** What it does not hold, or cannot stop any more, needs no stopping. */
  async #cancel({ ExecutionID, Reason }: { ExecutionID: ExecutionId; Reason: string }): Promise<void> {
    const text = cancelExecution(this.#parts.orchestratorId, this.id, ExecutionID, Reason)
    const answer = await this.#request('CancelExecution', text)
    if (answer === undefined) throw this.#silent()
    if (errorIn(answer) === undefined) return
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

  #giveUp(executionId: ExecutionId): void {
    this.#fail(executionId, 'the node was restarted while it was asked, twice')
    this.#unanswered.delete(executionId)
    this.#givenUp.add(executionId)
  }

  #fail(executionId: ExecutionId, Message: string, FailureClass: FailureClass = 'node'): void {
    this.#asked.delete(executionId)
    const event = { Message, Topic: topics.requestingNode, Timestamp: this.#parts.clock.nowNs() }
    void this.reports.add({
      Kind: 'ComputeError',
      Body: { ExecutionID: executionId, FailureClass, Event: event, RunOutput: null },
    })
  }

  #silent(): Fault {
    return new Fault('Timeout', `node ${this.id} does not answer`, { isRetryable: true })
  }

  #subject(name: string): string {
    return `node.compute.${this.id}.${name}/v1`
  }
}
