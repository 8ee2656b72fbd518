import type { CommitOutcome } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Receipt } from '#link/receiver.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { Contents } from './contents.ts'
import type { Evaluations } from './evaluations.ts'
import type { Ledger } from './ledger.ts'
import type { Look } from './looks.ts'
import { takeBack } from './nodes/lost.ts'
import type { NodeTable } from './nodes/node-table.ts'
import { type Effect, effectOf } from './report-effect.ts'
import { Reports } from './reports.ts'

export type InboxParts = { clock: Clock; ledger: Ledger; nodes: NodeTable; evaluations: Evaluations; log: EventLog }

/**
 * Applies what nodes report: one transaction with the executions, the jobs that start to run by it, history and
 * the receipt. Reports of another epoch, of another node or for an ended execution change nothing.
 */
export class Inbox {
  readonly #parts: InboxParts
  readonly #contents: Contents

  constructor(parts: InboxParts) {
    this.#parts = parts
    this.#contents = new Contents(parts.ledger.store)
  }

  async apply(nodeId: NodeId, messages: readonly ComputeMessage[], receipt: Receipt): Promise<CommitOutcome> {
    const { ledger, evaluations } = this.#parts
    const reports = new Reports(ledger.store)
    for (const message of messages) await this.#add(reports, nodeId, message)
    const looks = await this.#lastLooks(reports)
    const outcome = await evaluations.looks.storeWith(looks, { ...receipt, ...reports.change() })
    if (outcome.kind !== 'applied') return outcome
    const lookedAt = new Set(looks.map(({ job }) => job.ID))
    for (const job of reports.toLookAt((jobId) => lookedAt.has(jobId) || this.#goesOn(jobId)))
      evaluations.ask(job, 'exec-update')
    return outcome
  }

  /** At the jobs that end by this: nobody may look at them between what is read for that and the commit. */
  async #lastLooks(reports: Reports): Promise<Look[]> {
    const { nodes, evaluations } = this.#parts
    const resting = await reports.resting((jobId, ended) => nodes.isAtWork(jobId, ended))
    return resting.flatMap(({ job, executions }) => evaluations.looks.last(job, executions) ?? [])
  }

  /** After a success there is nothing to decide for this job, because others of it are at work and none waits. */
  #goesOn(jobId: JobId): boolean {
    const { nodes, evaluations } = this.#parts
    return nodes.isAtWork(jobId) && !evaluations.isWaiting(jobId)
  }

  async #add(reports: Reports, nodeId: NodeId, message: ComputeMessage): Promise<void> {
    const before = await reports.execution(message.Body.ExecutionID)
    const job = before && this.#isMeant(nodeId, before, message) ? await reports.job(before.JobID) : undefined
    const effect = before && job && effectOf(before, job, message, this.#parts.clock.nowNs())
    if (before && job && effect) {
      if (message.Kind === 'RunResult') this.#parts.nodes.holders.note(job, nodeId)
      reports.add(before, job, await this.#withContent(reports, effect, message))
    } else if (isStrayStart(message, before)) reports.send(takeBack(nodeId, message.Body.ExecutionID))
  }

  /** Whether the node reports of this very start, which is its own. What is odd is told. */
  #isMeant(nodeId: NodeId, before: Execution, { Kind, Body }: ComputeMessage): boolean {
    if (before.NodeID !== nodeId) {
      this.#warn(nodeId, before, 'it reports of an execution of another node')
      return false
    }
    if (Body.Epoch !== undefined && Body.Epoch !== before.Epoch) return false
    if (Kind === 'RunStarted' && isClockOff(before, Body.StartTime, this.#parts.clock.nowNs()))
      this.#warn(nodeId, before, 'its clock is off by more than a minute')
    return true
  }

  /** What its program is, is fixed with its start; a node that waits for that is told. */
  async #withContent(reports: Reports, effect: Effect, { Kind, Body }: ComputeMessage): Promise<Effect> {
    if (Kind !== 'RunStarted' || !Body.Content) return effect
    const { after } = effect
    const Content = await this.#contents.fixed(after, Body.Content)
    const answer = { Kind: 'UseContent' as const, Body: { ExecutionID: after.ID, Content } }
    if (Body.WaitsForContent) reports.send({ peer: after.NodeID, message: answer })
    return { ...effect, after: { ...after, Content } }
  }

  #warn(nodeId: NodeId, { ID }: Execution, reason: string): void {
    this.#parts.log('odd_report', { nodeId, executionId: ID, reason })
  }
}

/** A Go node that lost its disk starts again what it was asked for once, if the order comes to it again. */
const isStrayStart = ({ Kind, Body }: ComputeMessage, before: Execution | undefined): boolean =>
  Kind === 'RunStarted' &&
  Body.Epoch === undefined &&
  (before === undefined || isTerminalExecution(before.ComputeState.StateType))

const minuteNs = 60_000_000_000n

/** A program starts after it was ordered, and before that is heard of. */
const isClockOff = ({ CreateTime }: Execution, startTime: bigint, nowNs: bigint): boolean =>
  startTime < CreateTime - minuteNs || startTime > nowNs + minuteNs
