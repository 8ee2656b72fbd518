import { computeStateOutline } from './execution.schema.ts'
import { jobStateNames } from './job-state.ts'
import { field, oneOf, record, time } from './outline.ts'
import { text, textMap, uint64 } from './shape.schema.ts'

const leftOut = { isLeftOut: true } as const

const eventOutline = record('Event', {
  Message: field(text, 'What happened, for people.'),
  Topic: field(text, 'The part of the work it belongs to.'),
  Timestamp: field(time, 'When; year 1 = there was no event.'),
  Details: field(textMap, 'Further facts.', leftOut),
})

export const historyOutline = record('JobHistory', {
  SeqNum: field(uint64, 'Counts the lines of a job from 1.'),
  Type: field(oneOf(['JobLevel', 'ExecutionLevel']), 'Whether it is about the job or one of its executions.'),
  JobID: field(text, 'The job.'),
  JobVersion: field(uint64, 'Version of the job.'),
  NodeID: field(text, 'Node of the execution.', leftOut),
  ExecutionID: field(text, 'The execution.', leftOut),
  JobState: field(
    record('JobStateChange', {
      Previous: field(oneOf(jobStateNames), 'Before.'),
      New: field(oneOf(jobStateNames), 'After.'),
    }),
    'On every line about the job.',
    leftOut,
  ),
  ExecutionState: field(
    record('ExecutionStateChange', { Previous: computeStateOutline, New: computeStateOutline }),
    'On every line about an execution.',
    leftOut,
  ),
  NewRevision: field(uint64, 'Revision of the job or execution after the change.'),
  Comment: field(text, 'The message once more, for callers of 1.4.', leftOut),
  Event: field(eventOutline, 'What happened.'),
  Time: field(time, 'When it was recorded.'),
})
