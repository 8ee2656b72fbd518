import type { Traffic } from '#contracts/http-gate.ts'
import type { Change, WorkRow } from '#contracts/store.ts'
import { orchestratorPeer } from '#link/post.ts'
import { type Event, topics } from '#models/event.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ComputeMessage, Origin } from '#models/messages/messages.ts'
import type { Bid } from './bidder.ts'
import { isFoundByOthers } from './content.ts'
import { failureEvent, failureOf } from './failure.ts'
import type { Ending } from './run-execution.ts'

/** Outbox rows for the orchestrator. */
export const toOrchestrator = (...messages: ComputeMessage[]): NonNullable<Change['outbox']> =>
  messages.map((message) => ({ peer: orchestratorPeer, message }))

const idOf = ({ executionId, order }: WorkRow): { ExecutionID: ExecutionId; Epoch: number; Origin?: Origin } => ({
  ExecutionID: executionId,
  Epoch: order.execution.Epoch,
  ...(order.origin ? { Origin: order.origin } : {}),
})

export const bidAccepted = (row: WorkRow, nowNs: bigint): ComputeMessage => {
  const event: Event = { Message: 'Accepted job', Topic: topics.requestingNode, Timestamp: nowNs }
  return { Kind: 'BidResult', Body: { ...idOf(row), IsAccepted: true, Event: event } }
}

export const bidDeclined = (
  row: WorkRow,
  { reason, cure }: Extract<Bid, { kind: 'declined' }>,
  nowNs: bigint,
): ComputeMessage => {
  const event: Event = {
    Message: reason,
    Topic: topics.requestingNode,
    Timestamp: nowNs,
    ...(cure && { Details: { Hint: cure } }),
  }
  return { Kind: 'BidResult', Body: { ...idOf(row), IsAccepted: false, Event: event } }
}

/** `content` is what the name of its program stands for here. */
export const runStarted = (row: WorkRow, content: string | undefined): ComputeMessage => ({
  Kind: 'RunStarted',
  Body: {
    ...idOf(row),
    StartTime: row.startTime,
    ...(content && { Content: content, ...(isFoundByOthers(row) && { WaitsForContent: true }) }),
  },
})

export const progress = (row: WorkRow, topic: string, text: string, nowNs: bigint): ComputeMessage => ({
  Kind: 'Progress',
  Body: { ...idOf(row), Event: { Message: text, Topic: topic, Timestamp: nowNs } },
})

/** Whether to bid could not be found out. */
export const bidFailed = (row: WorkRow, error: unknown, nowNs: bigint): ComputeMessage =>
  endReport(row, { kind: 'failed', failure: failureOf(error, topics.requestingNode), output: null }, nowNs)

/** It waited here for more than this node has by now. */
export function outgrown(row: WorkRow, nowNs: bigint): ComputeMessage {
  const message = 'the node offers less by now than the execution needs'
  const failure = { message, topic: topics.requestingNode, class: 'node' as const }
  return endReport(row, { kind: 'failed', failure, output: null }, nowNs)
}

/** Cancelled before it ran. */
export const neverRan = (row: WorkRow): ComputeMessage => ({
  Kind: 'CancelResult',
  Body: { ...idOf(row), RunOutput: null },
})

export function endReport(row: WorkRow, ending: Exclude<Ending, { kind: 'left' }>, nowNs: bigint): ComputeMessage {
  const details = {
    ...(ending.traffic && trafficDetails(ending.traffic)),
    ...(ending.signal && { Signal: ending.signal }),
  }
  const id = { ...idOf(row), ...(Object.keys(details).length > 0 ? { Details: details } : {}) }
  switch (ending.kind) {
    case 'completed':
      return { Kind: 'RunResult', Body: { ...id, PublishedResult: ending.published, RunOutput: ending.output } }
    case 'cancelled':
      return { Kind: 'CancelResult', Body: { ...id, RunOutput: ending.output } }
    case 'failed': {
      const { failure, output, published } = ending
      const event = failureEvent(failure, nowNs)
      const result = published ? { PublishedResult: published } : {}
      return {
        Kind: 'ComputeError',
        Body: { ...id, FailureClass: failure.class, Event: event, RunOutput: output, ...result },
      }
    }
  }
}

const trafficDetails = ({ requests, refused, sentBytes, receivedBytes }: Traffic): Record<string, string> => ({
  HTTPRequests: String(requests),
  HTTPRefused: String(refused),
  HTTPBytesSent: String(sentBytes),
  HTTPBytesReceived: String(receivedBytes),
})
