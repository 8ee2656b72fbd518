import { backoffs, type ConstraintOperator, failureClasses, jobTypes } from './job.ts'
import { type JobStateName, jobStateNames, jobStateOf } from './job-state.ts'
import { field } from './outline.ts'
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
const operators = ['in', 'notin', 'exists', '!', '=', '==', '!=', 'gt', 'lt'] satisfies ConstraintOperator[]
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

const labelWord = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?'

export const constraintShape = struct('models', 'LabelSelectorRequirement', {
  Key: field(text, 'Label of the node. With `favour_` in front it is a preference, not a condition.', {
    isNeeded: true,
    taken: { pattern: `^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?${labelWord}$` },
  }),
  Operator: field(
    word('selection.Operator', (given) => given),
    'How the label is compared; gt and lt compare numbers.',
    { isNeeded: true, more: { enum: operators } },
  ),
  Values: field(list(text, ''), 'One or more for in and notin, none for exists and !, one for the others.', {
    isLeftOut: true,
    taken: { items: { type: 'string', pattern: `^(${labelWord})?$` } },
  }),
})

const oneValue = { minItems: 1, maxItems: 1 }
/** How many values go with which operator. */
const valuesRule = {
  oneOf: [
    { properties: { Operator: { enum: ['in', 'notin'] }, Values: { minItems: 1 } }, required: ['Values'] },
    { properties: { Operator: { enum: ['exists', '!'] }, Values: { maxItems: 0 } } },
    { properties: { Operator: { enum: ['=', '==', '!='] }, Values: oneValue }, required: ['Values'] },
    {
      properties: {
        Operator: { enum: ['gt', 'lt'] },
        Values: { ...oneValue, items: { pattern: '^[0-9]+(\\.[0-9]+)?$' } },
      },
      required: ['Values'],
    },
  ],
}

/** Results need somebody to publish them; only WASM programs take relative paths, from the root. */
const taskRules = {
  allOf: [
    {
      anyOf: [
        { properties: { ResultPaths: { maxItems: 0 } } },
        {
          properties: { Publisher: { properties: { Type: { pattern: '\\S' } }, required: ['Type'] } },
          required: ['Publisher'],
        },
      ],
    },
    {
      anyOf: [
        {
          properties: {
            Engine: { properties: { Type: { pattern: '^\\s*[wW][aA][sS][mM]\\s*$' } }, required: ['Type'] },
          },
        },
        { properties: { InputSources: { items: { properties: { Target: { pattern: '^\\s*/' } } } } } },
      ],
    },
  ],
}

const system = { isSystem: true } as const
const leftOut = { isLeftOut: true } as const
const seconds = { ...leftOut, more: { minimum: 0 } }

/** A job as the API takes it; system fields are read so that they can be warned about. */
export const jobShape = struct('models', 'Job', {
  ID: field(text, '`j-` and a UUID; a service or daemon may choose its own.', system),
  Name: field(text, 'Name of the job, up to 253 characters; its id when absent.', { taken: { maxLength: 253 } }),
  Namespace: field(text, 'Space in which the name counts.', { taken: { maxLength: 253, default: 'default' } }),
  Type: field(
    text,
    'batch runs Count times to the end; ops once on every matching node; service keeps Count copies running; daemon one on every matching node.',
    { isNeeded: true, more: { enum: jobTypes } },
  ),
  Priority: field(int, 'A job with a higher one is placed first.', { taken: { default: 0 } }),
  Count: field(int, 'How many executions a batch or service job has; no meaning for ops and daemon.', {
    more: { minimum: 0, maximum: 100_000 },
    taken: { default: 1 },
  }),
  Constraints: field(
    list(field(constraintShape, 'One condition.', { taken: valuesRule }), null, '*'),
    'What the labels of a node must satisfy, all of it.',
  ),
  Meta: field(textMap, 'Pairs that are kept and shown; the prefix `bacalhau.org/` is reserved.'),
  Labels: field(textMap, 'Pairs by which jobs are listed.', {
    taken: {
      propertyNames: { minLength: 1, maxLength: 317 },
      additionalProperties: { type: 'string', maxLength: 253 },
    },
  }),
  Tasks: field(
    list(field(taskShape, 'The program of the job.', { taken: taskRules }), null, '*'),
    'The program; one task, more are ignored with a warning.',
    {
      isNeeded: true,
      taken: { minItems: 1 },
    },
  ),
  State: field(
    {
      ...struct('models', goState, {
        StateType: field(jobStateWord, 'Completed, Failed and Stopped are final.'),
        Message: field(text, 'Why, for people.', leftOut),
        Details: field(textMap, 'Further facts.', leftOut),
      }),
      name: 'JobState',
      isEmptiedByNull: false,
    },
    'Where the job stands.',
    system,
  ),
  Version: field(uint64, 'Starts at 1 and grows with each update or rerun.', system),
  Revision: field(uint64, 'Grows with each change of specification or state.', system),
  CreateTime: field(int64, 'Unix time in nanoseconds.', system),
  ModifyTime: field(int64, 'Unix time in nanoseconds of the last change.', system),
  MaxPerNode: field(int, 'Most executions of the job on one node at a time; 0 = as many as fit.', seconds),
  Reschedule: field(
    struct('models', 'ReschedulePolicy', {
      Attempts: field(int, 'Starts in all, the first included; 2 when absent.', seconds),
      Delay: field(int, 'Seconds before the second start, at most and half of it at least; 1 when absent.', seconds),
      MaxDelay: field(int, 'Longest delay in seconds; 60 when absent.', seconds),
      Backoff: field(
        choice('backoff', backoffs),
        'How the delay goes on: exponential, doubled with each further start, or constant; exponential when absent.',
        leftOut,
      ),
      Deadline: field(int, 'Seconds after the submission when no new attempt begins; 0 = no such time.', seconds),
      Classes: field(
        list(choice('failure class', failureClasses), 'user'),
        'Failures that are tried again; transient and node when absent, and resource with MoreMemory.',
        leftOut,
      ),
      MoreMemory: field(
        int,
        'Percent: after an attempt that ran out of memory, the next has so much more, also on another node that has it; 0 = the same.',
        seconds,
      ),
    }),
    'What happens after a failed attempt, for each partition.',
    leftOut,
  ),
  Disconnect: field(
    struct('models', 'DisconnectPolicy', {
      LostAfter: field(int, 'Seconds; 0 = at once.', seconds),
    }),
    'When executions of a node that is not heard of count as lost.',
    leftOut,
  ),
  Delivery: field(
    choice('delivery', ['AtLeastOnce', 'AtMostOnce']),
    'AtMostOnce: an execution that may have started is never started again, so it may not run at all. AtLeastOnce when absent.',
    leftOut,
  ),
})
/** A job as it was sent: anything may be absent, list items may be null. */
export type JobDraft = StructOf<typeof jobShape.fields>

const baseFields: ReadonlySet<string> = new Set(['namespace', 'credential', 'idempotencytoken'])

/** The body of a submission. The base fields of Go clients hold their token: they are never read here nor kept. */
export const submitShape = struct(
  'apimodels',
  'PutJobRequest',
  {
    Job: field(jobShape, 'The job.', { isNeeded: true }),
    Force: field(flag, 'Take it as a new version even when nothing changed.'),
    IdempotencyToken: field(text, 'The same as the header Idempotency-Key.'),
  },
  baseFields,
)

export const batchShape = struct(
  'apimodels',
  'PutJobsRequest',
  {
    Jobs: field(list(jobShape, null, '*'), 'Jobs, each taken or refused for itself.', { isNeeded: true }),
  },
  baseFields,
)
