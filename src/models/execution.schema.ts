import { computeStateNames, desiredStateNames } from './execution-state.ts'
import { jobShape } from './job.schema.ts'
import { failureClasses } from './job.ts'
import { field, mapOf, numberUpTo, oneOf, orNull, record } from './outline.ts'
import { resourcesOutline } from './resources.schema.ts'
import { flag, int, int64, text, textMap, uint64 } from './shape.schema.ts'
import { specConfigShape } from './spec-config.schema.ts'

const leftOut = { isLeftOut: true } as const
const numbered = (names: readonly string[]): string => names.map((name, number) => `${number} ${name}`).join(', ')
const stateTexts = {
  Message: field(text, 'Why, for people.', leftOut),
  Details: field(textMap, 'Further facts.', leftOut),
}

export const computeStateOutline = field(
  numberUpTo(computeStateNames.length - 1),
  `Since 1.5.2: ${numbered(computeStateNames)}. Callers before that, and those that name no version: 5 BidAccepted, also while it runs, 6 BidRejected, 7 Completed, 8 Failed, 9 Cancelled.`,
)

const runOutputOutline = record('RunOutput', {
  Stdout: field(text, 'The first 2,048 bytes.'),
  StdoutTruncated: field(flag, 'Whether there was more.'),
  stderr: field(text, 'The first 2,048 bytes.'),
  StderrTruncated: field(flag, 'Whether there was more.'),
  ExitCode: field(int, 'Exit code of the program.'),
  ErrorMsg: field(text, 'Why it failed; empty when it did not.'),
})

export const executionOutline = record('Execution', {
  ID: field(text, '`e-` and a UUID.'),
  Namespace: field(text, 'That of its job.'),
  EvalID: field(text, 'The evaluation that made it.'),
  Name: field(text, 'Has no use.'),
  NodeID: field(text, 'Where it runs.'),
  JobID: field(text, 'Its job.'),
  Job: field(jobShape, 'The version of the job that it runs; for callers since 1.5.', leftOut),
  JobVersion: field(uint64, 'Version of the job; for callers since 1.5.', leftOut),
  AllocatedResources: field(
    record('AllocatedResources', { Tasks: field(mapOf(resourcesOutline), 'By name of the task.') }),
    'What it was given.',
  ),
  DesiredState: field(
    record('DesiredState', {
      StateType: field(numberUpTo(desiredStateNames.length - 1), numbered(desiredStateNames)),
      ...stateTexts,
    }),
    'What the orchestrator wants.',
  ),
  ComputeState: field(record('ComputeState', { StateType: computeStateOutline, ...stateTexts }), 'What the node does.'),
  PublishedResult: field(orNull(specConfigShape), 'Where the result is; an empty type = nowhere.'),
  RunOutput: field(orNull(runOutputOutline), 'What the program printed; null while there is nothing.'),
  PreviousExecution: field(text, 'The one it replaces.'),
  NextExecution: field(text, 'The one that replaces it.'),
  FollowupEvalID: field(text, 'The evaluation that its failure caused.'),
  PartitionIndex: field(int, 'Number of its partition, from 0.', leftOut),
  Revision: field(uint64, 'Grows with each change.'),
  CreateTime: field(int64, 'Unix time in nanoseconds.'),
  ModifyTime: field(int64, 'Unix time in nanoseconds of the last change.'),
  Attempt: field(int, 'Number of this start within its partition, from 1.'),
  Epoch: field(int, 'Rises with each start; results of a lower one are refused.'),
  FailureClass: field(oneOf(failureClasses), 'Why it failed.', leftOut),
  StartTime: field(int64, 'Unix time in nanoseconds when the program started.', leftOut),
  Content: field(text, 'The image it runs, by digest; the same for all executions of the version.', leftOut),
  KeptResult: field(
    specConfigShape,
    'The result of an earlier attempt, which it publishes and for which it runs nothing.',
    leftOut,
  ),
})
