import { goList, goString } from '#api/encode/go-json.ts'
import { type Event, topics } from '#models/event.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ComputeMessage, Origin } from '#models/messages/messages.ts'
import { eventText, resultMembers } from '../go/report-parts.ts'

export type Report = { type: string; text: string }

/** A report of ours as a Go orchestrator reads it; undefined = it is not told of that. */
export function reportOf(message: ComputeMessage, origin: Origin, nowNs: bigint): Report | undefined {
  const { ExecutionID } = message.Body
  switch (message.Kind) {
    case 'BidResult': {
      const { IsAccepted, Event } = message.Body
      return IsAccepted
        ? report('BidResult', ExecutionID, origin, [], ',"Accepted":true')
        : refusal(ExecutionID, origin, Event)
    }
    case 'RunResult': {
      const done: Event = { Message: 'Completed successfully', Topic: topics.execution, Timestamp: nowNs }
      return report('RunResult', ExecutionID, origin, [done], `,${resultMembers(message.Body)}`)
    }
    case 'ComputeError':
      return report('ComputeError', ExecutionID, origin, [message.Body.Event], '')
    case 'RunStarted':
    case 'Progress':
    case 'CancelResult':
      return undefined
  }
}

export const refusal = (executionId: ExecutionId, origin: Origin, event: Event): Report =>
  report('BidResult', executionId, origin, [{ ...event, Topic: topics.execScanning }], ',"Accepted":false')

function report(type: string, executionId: ExecutionId, origin: Origin, events: Event[], more: string): Report {
  const head = `"ExecutionID":${goString(executionId)},"JobID":${goString(origin.JobID)},"JobType":${goString(origin.JobType)}`
  return { type, text: `{${head},"Events":${goList(events.map(eventText))}${more}}` }
}
