import { goString } from '#api/encode/go-json.ts'
import type { Event } from '#models/event.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ComputeMessage, Origin } from '#models/messages/messages.ts'
import { eventText, resultMembers } from '../go/report-parts.ts'

export type Callback = { method: string; text: string }

/** Of whom a callback speaks, and to whom. */
export type About = { nodeId: string; executionId: ExecutionId; origin: Origin }

/** A report of ours as a requester of 1.4 is called back; undefined = it is not told of that. */
export function callbackOf(message: ComputeMessage, about: About): Callback | undefined {
  switch (message.Kind) {
    case 'BidResult':
      return message.Body.IsAccepted ? bidComplete(about, true, message.Body.Event) : refused(about, message.Body.Event)
    case 'RunStarted':
    case 'Progress':
      return undefined
    case 'RunResult':
      return callback('OnRunComplete', about, `,${resultMembers(message.Body)}`)
    case 'ComputeError':
      return failure(about, message.Body.Event)
    case 'CancelResult':
      return callback('OnCancelComplete', about, '')
  }
}

/** It will not run. Whoever ordered a start without asking for a bid is told of a failure. */
export const refused = (about: About, event: Event): Callback =>
  about.origin.WaitsForApproval
    ? bidComplete(about, false, event)
    : failure(about, { ...event, Message: `job rejected: ${event.Message}` })

/** Answers to bids have no details there. */
const bidComplete = (about: About, isAccepted: boolean, { Details: _, ...event }: Event): Callback =>
  callback('OnBidComplete', about, `,"Accepted":${isAccepted},"Wait":false,"Event":${eventText(event)}`)

const failure = (about: About, event: Event): Callback =>
  callback('OnComputeFailure', about, `,"Event":${eventText(event)}`)

function callback(method: string, { nodeId, executionId, origin }: About, more: string): Callback {
  const peers = `"SourcePeerID":${goString(nodeId)},"TargetPeerID":${goString(origin.RequesterID)}`
  return {
    method,
    text: `{${peers},"ExecutionID":${goString(executionId)},"JobID":${goString(origin.JobID)}${more}}`,
  }
}
