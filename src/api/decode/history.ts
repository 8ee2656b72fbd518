import type { Event } from '#models/event.ts'
import type { JobHistory } from '#models/job-history.ts'
import { computeStateOf } from './execution.ts'
import { nsOfTime, type Wire } from './wire-json.ts'

export function decodeHistory(wire: Wire): JobHistory {
  const { ExecutionState, ...line } = wire
  return {
    ...(line as JobHistory),
    SeqNum: wire.SeqNum ?? 0,
    JobVersion: wire.JobVersion ?? 0,
    NewRevision: wire.NewRevision ?? 0,
    ...(ExecutionState
      ? {
          ExecutionState: {
            Previous: computeStateOf(ExecutionState.Previous),
            New: computeStateOf(ExecutionState.New),
          },
        }
      : {}),
    Event: decodeEvent(wire.Event ?? {}),
    Time: nsOfTime(wire.Time),
    Audience: 'all',
  }
}

const decodeEvent = (wire: Wire): Event => ({
  ...(wire as Event),
  Message: wire.Message ?? '',
  Topic: wire.Topic ?? '',
  Timestamp: nsOfTime(wire.Timestamp),
})
