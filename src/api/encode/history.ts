import type { Event } from '#models/event.ts'
import type { JobHistory } from '#models/job-history.ts'
import type { ClientVersion } from '../client-version.ts'
import { stateNumberFor } from './execution.ts'
import { goString, goTextMap, goTime, isEmptyMap } from './go-json.ts'

/**
 * One line of history, all that either generation reads: clients of 1.4 stop working without `JobState` on a line about
 * a job and without `ExecutionState` on one about an execution; `SeqNum` and `JobVersion` are for the newer ones.
 */
export function encodeHistory(line: JobHistory, version: ClientVersion): string {
  let text = `{"SeqNum":${line.SeqNum},"Type":"${line.Type}","JobID":${goString(line.JobID)},"JobVersion":${line.JobVersion}`
  if (line.NodeID) text += `,"NodeID":${goString(line.NodeID)}`
  if (line.ExecutionID) text += `,"ExecutionID":${goString(line.ExecutionID)}`
  text += line.Type === 'JobLevel' ? jobStateText(line) : executionStateText(line, version)
  text += `,"NewRevision":${line.NewRevision}`
  if (line.Comment) text += `,"Comment":${goString(line.Comment)}`
  return `${text},"Event":${encodeEvent(line.Event)},"Time":${goTime(line.Time)}}`
}

function jobStateText({ JobState }: JobHistory): string {
  const { Previous, New } = JobState ?? { Previous: 'Undefined', New: 'Undefined' }
  return `,"JobState":{"Previous":"${Previous}","New":"${New}"}`
}

function executionStateText({ ExecutionState }: JobHistory, version: ClientVersion): string {
  const { Previous, New } = ExecutionState ?? { Previous: 'Undefined', New: 'Undefined' }
  const numberOf = stateNumberFor(version)
  return `,"ExecutionState":{"Previous":${numberOf(Previous)},"New":${numberOf(New)}}`
}

export function encodeEvent({ Message, Topic, Timestamp, Details }: Event): string {
  const details = Details && !isEmptyMap(Details) ? `,"Details":${goTextMap(Details)}` : ''
  return `{"Message":${goString(Message)},"Topic":${goString(Topic)},"Timestamp":${goTime(Timestamp)}${details}}`
}
