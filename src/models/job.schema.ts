import { failureClasses } from './job.ts'
import { type JobStateName, jobStateNames, jobStateOf } from './job-state.ts'
import {
  flag,
  int,
  int64,
  list,
  type StructOf,
  struct,
  text,
  textMap,
  Unreadable,
  uint64,
  word,
} from './shape.schema.ts'
import { taskShape } from './task.schema.ts'

const jobStateWord = word<JobStateName>('models.JobStateType', jobStateOf, jobStateNames)
const goState = 'State[github.com/bacalhau-project/bacalhau/pkg/models.JobStateType]'

/** Ours: one of a few words, exactly. */
const choice = <Word extends string>(name: string, words: readonly Word[]) =>
  word<Word>(
    name,
    (given) => {
      if (!(words as readonly string[]).includes(given)) {
        throw new Unreadable(`unknown ${name} '${given}', expected one of ${words.join(', ')}`)
      }
      return given as Word
    },
    words,
  )

export const constraintShape = struct('models', 'LabelSelectorRequirement', {
  Key: text,
  Operator: word('selection.Operator', (given) => given),
  Values: list(text, ''),
})

/** A job as the API takes it; system fields are read so that they can be warned about. */
export const jobShape = struct('models', 'Job', {
  ID: text,
  Name: text,
  Namespace: text,
  Type: text,
  Priority: int,
  Count: int,
  Constraints: list(constraintShape, null, '*'),
  Meta: textMap,
  Labels: textMap,
  Tasks: list(taskShape, null, '*'),
  State: {
    ...struct('models', goState, { StateType: jobStateWord, Message: text, Details: textMap }),
    isEmptiedByNull: false,
  },
  Version: uint64,
  Revision: uint64,
  CreateTime: int64,
  ModifyTime: int64,
  MaxPerNode: int,
  Reschedule: struct('models', 'ReschedulePolicy', {
    Attempts: int,
    Delay: int,
    MaxDelay: int,
    Deadline: int,
    Classes: list(choice('failure class', failureClasses), 'user'),
  }),
  Disconnect: struct('models', 'DisconnectPolicy', { LostAfter: int }),
  Delivery: choice('delivery', ['AtLeastOnce', 'AtMostOnce']),
})
/** A job as it was sent: anything may be absent, list items may be null. */
export type JobDraft = StructOf<typeof jobShape.fields>

/** The body of a submission. The base fields of Go clients hold their token: they are never read here nor kept. */
export const submitShape = struct('apimodels', 'PutJobRequest', { Job: jobShape, Force: flag, IdempotencyToken: text })

export const batchShape = struct('apimodels', 'PutJobsRequest', { Jobs: list(jobShape, null, '*') })
