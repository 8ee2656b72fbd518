import { noEvent } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import { canMoveExecution, isTerminalExecution } from '#models/execution-state.ts'
import { isLongRunning, type Job } from '#models/job.ts'
import type { NewHistory } from '#models/job-history.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { execCompleted, unexpectedEnd } from './events.ts'
import { acceptedLines, executionLine, runningLines } from './history-lines.ts'

export type Effect = { after: Execution; lines: NewHistory[]; isJobStarted?: boolean; look: Look }
/** Whether the job must be looked at. After a success there is nothing to decide while others of it are at work. */
type Look = 'no' | 'yes' | 'if it was the last'
type Report<Kind extends ComputeMessage['Kind']> = Extract<ComputeMessage, { Kind: Kind }>['Body']

/** What a node's report does to an execution; undefined = nothing (too late, superseded or already known). */
export const effectOf = (before: Execution, job: Job, message: ComputeMessage, nowNs: bigint): Effect | undefined => {
  if (isTerminalExecution(before.ComputeState.StateType)) return undefined
  switch (message.Kind) {
    case 'BidResult':
      return message.Body.IsAccepted ? accepted(before, message.Body, nowNs) : declined(before, message.Body, nowNs)
    case 'RunStarted':
      return running(before, job, message.Body, nowNs)
    case 'Progress':
      return progressed(before, message.Body, nowNs)
    case 'RunResult':
      if (isSuperseded(before, job)) return cancelled(before, message.Body, nowNs)
      return isLongRunning(job.Type)
        ? endedUnexpectedly(before, message.Body, nowNs)
        : completed(before, message.Body, nowNs)
    case 'ComputeError':
      if (isSuperseded(before, job)) return cancelled(before, message.Body, nowNs)
      return failed(before, message.Body, nowNs)
    case 'CancelResult':
      return cancelled(before, message.Body, nowNs)
  }
}

/**
 * Another attempt has, or had, its place: of two results only one may count, and its end is no failure of the job. What was
 * stopped because the whole job was keeps the end that it had.
 */
const isSuperseded = ({ DesiredState, JobVersion }: Execution, { Version, State }: Job): boolean =>
  DesiredState.StateType === 'Stopped' &&
  JobVersion === Version &&
  State.StateType !== 'Stopped' &&
  State.StateType !== 'Failed'

const accepted = (before: Execution, report: Report<'BidResult'>, nowNs: bigint): Effect | undefined => {
  if (before.ComputeState.StateType !== 'AskForBid') return undefined
  const isWanted = before.DesiredState.StateType !== 'Stopped'
  const after: Execution = {
    ...before,
    ...(isWanted ? { DesiredState: { StateType: 'Running' } } : {}),
    ComputeState: { StateType: 'BidAccepted', Message: report.Event.Message },
    Revision: before.Revision + 2,
    ModifyTime: nowNs,
  }
  return { after, lines: acceptedLines(after, report.Event), isJobStarted: isWanted, look: 'no' }
}

const declined = (before: Execution, report: Report<'BidResult'>, nowNs: bigint): Effect => {
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: 'bid rejected' },
    ComputeState: { StateType: 'AskForBidRejected', Message: report.Event.Message, ...detailsOf(report.Event) },
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  return { after, lines: [line(before, after, report.Event)], look: 'yes' }
}

const running = (before: Execution, job: Job, report: Report<'RunStarted'>, nowNs: bigint): Effect | undefined => {
  if (!canMoveExecution(before.ComputeState.StateType, 'Running')) return undefined
  const after: Execution = {
    ...before,
    ...(before.DesiredState.StateType === 'Pending' ? { DesiredState: { StateType: 'Running' } } : {}),
    ComputeState: { ...before.ComputeState, StateType: 'Running' },
    // The node's clock may be wrong; what users see is put between the times that are known here.
    StartTime: clamped(report.StartTime, before.CreateTime, nowNs),
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  return {
    after,
    lines: runningLines(before, after),
    isJobStarted: before.DesiredState.StateType !== 'Stopped',
    // What it replaces may be waiting for that.
    look: isLongRunning(job.Type) && before.Attempt > 1 ? 'yes' : 'no',
  }
}

const progressed = (before: Execution, report: Report<'Progress'>, nowNs: bigint): Effect => {
  const after: Execution = { ...before, Revision: before.Revision + 1, ModifyTime: nowNs }
  return { after, lines: [line(before, after, report.Event)], look: 'no' }
}

const clamped = (time: bigint, least: bigint, most: bigint): bigint =>
  time < least ? least : time > most ? most : time

const completed = (before: Execution, report: Report<'RunResult'>, nowNs: bigint): Effect => {
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: 'execution completed' },
    ComputeState: { ...before.ComputeState, StateType: 'Completed', ...detailsOf(report) },
    PublishedResult: report.PublishedResult,
    RunOutput: report.RunOutput,
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  const newer = executionLine(after, {
    previous: before.ComputeState.StateType,
    next: 'Completed',
    revision: after.Revision,
    event: execCompleted(nowNs),
    audience: 'since-1.5',
  })
  return { after, lines: [line(before, after), newer], look: 'if it was the last' }
}

/** A service or daemon is not meant to end by itself. */
const endedUnexpectedly = (before: Execution, report: Report<'RunResult'>, nowNs: bigint): Effect => {
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: unexpectedEnd },
    ComputeState: { StateType: 'Failed', Message: unexpectedEnd, ...detailsOf(report) },
    FailureClass: 'transient',
    PublishedResult: report.PublishedResult,
    RunOutput: report.RunOutput,
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  return { after, lines: [line(before, after)], look: 'yes' }
}

const failed = (before: Execution, report: Report<'ComputeError'>, nowNs: bigint): Effect => {
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: 'execution failed' },
    ComputeState: {
      StateType: 'Failed',
      Message: report.Event.Message,
      ...detailsOf({ Details: { ...report.Event.Details, ...report.Details } }),
    },
    FailureClass: report.FailureClass,
    ...(report.PublishedResult ? { PublishedResult: report.PublishedResult } : {}),
    RunOutput: report.RunOutput,
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  return { after, lines: [line(before, after, report.Event)], look: 'yes' }
}

const cancelled = (
  before: Execution,
  report: Pick<Report<'CancelResult'>, 'RunOutput' | 'Details'>,
  nowNs: bigint,
): Effect => {
  const after: Execution = {
    ...before,
    ...(before.DesiredState.StateType === 'Stopped'
      ? {}
      : { DesiredState: { StateType: 'Stopped', Message: 'execution cancelled' } }),
    ComputeState: { ...before.ComputeState, StateType: 'Cancelled', ...detailsOf(report) },
    RunOutput: report.RunOutput,
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  return { after, lines: [line(before, after)], look: 'yes' }
}

const detailsOf = ({ Details = {} }: { Details?: Record<string, string> }) =>
  Object.keys(Details).length > 0 ? { Details } : {}

const line = (before: Execution, after: Execution, event = noEvent()): NewHistory =>
  executionLine(after, {
    previous: before.ComputeState.StateType,
    next: after.ComputeState.StateType,
    revision: after.Revision,
    ...(event.Message ? { event } : {}),
  })
