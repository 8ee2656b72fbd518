import { executionOutline } from '#models/execution.schema.ts'
import { batchShape, jobShape, submitShape } from '#models/job.schema.ts'
import { historyOutline } from '#models/job-history.schema.ts'
import { jobStateNames } from '#models/job-state.ts'
import { buildVersionOutline, nodeStateOutline, ownNodeOutline } from '#models/node.schema.ts'
import { nodeActions } from '#models/node.ts'
import { anything, field, listOf, mapOf, type Outline, oneOf, orNull, record } from '#models/outline.ts'
import { flag, int, text, textMap, uint64 } from '#models/shape.schema.ts'
import { specConfigShape } from '#models/spec-config.schema.ts'
import { chunkListShape } from '#models/upload.schema.ts'

const leftOut = { isLeftOut: true } as const
const nextToken = field(text, 'Give it back as next_token for the next page; empty = there is none.')
const listOutline = (name: string, item: Outline) =>
  record(name, { NextToken: nextToken, Items: field(listOf(item), 'The page.') })
const jobId = field(text, 'The job.')
const evaluationId = field(text, 'A UUID; empty when there was nothing to do.')
const warnings = field(orNull(listOf(text)), 'What was ignored; null when nothing was.')

const executionList = listOutline('ExecutionList', executionOutline)
const historyList = listOutline('HistoryList', historyOutline)
const authMethod = record('AuthMethod', {
  type: field(oneOf(['challenge', 'ask']), 'Kind of exchange.'),
  params: field(mapOf(anything), 'What the caller needs for it.'),
})
const diskUse = record('DiskUse', {
  All: field(uint64, 'Bytes.'),
  Used: field(uint64, 'Bytes.'),
  Free: field(uint64, 'Bytes.'),
})
const insides = mapOf(anything)
const forecast = {
  Summary: field(text, 'One line: where it goes, or the first cause why not.'),
  Nodes: field(uint64, 'Compute nodes that are known.'),
  Placements: field(
    listOf(
      record('PlannedPlacement', {
        NodeID: field(text, 'The node.'),
        Executions: field(uint64, 'How many would start there.'),
      }),
    ),
    'What would be started now.',
  ),
  Exclusions: field(
    listOf(
      record('Exclusion', {
        Rule: field(text, 'The first rule that these nodes fail.'),
        Reason: field(text, 'Why they are left out.'),
        Cure: field(text, 'What would let them in.'),
        Count: field(uint64, 'How many they are.'),
        NodeIDs: field(listOf(text), 'The first twenty of them.'),
      }),
    ),
    'What leaves nodes out, most nodes first.',
  ),
  Avoided: field(
    listOf(
      record('AvoidedNode', {
        NodeID: field(text, 'The node.'),
        Failures: field(uint64, 'Jobs that have failed there of late.'),
      }),
    ),
    'Nodes that could take it and come last, because jobs of many kinds have failed there.',
    { isLeftOut: true },
  ),
}
const failedAttempt = record('FailedAttempt', {
  ExecutionID: field(text, 'The execution.'),
  NodeID: field(text, 'Where it was.'),
  Partition: field(uint64, 'Its partition.'),
  Attempt: field(uint64, 'Which attempt of it, from 1.'),
  FailureClass: field(text, 'Why it failed, as far as trying again goes; empty = it did not run.'),
  Reason: field(text, 'What it said.'),
  Next: field(text, 'Whether it is tried again.'),
  NextTime: field(uint64, 'When, Unix nanoseconds; 0 = at once, or never.'),
})

/** What answers look like, by the names that rows of the contract give them. */
export const answers = {
  Alive: record('Alive', { Status: field(text, 'OK') }),
  BuildVersion: buildVersionOutline,
  OwnNode: ownNodeOutline,
  Insides: insides,
  Config: record('Config', { config: field(insides, 'Settings by section, secrets masked.') }),
  AuthConfig: record('AuthConfig', {
    Version: field(text, 'Of this form.'),
    Config: field(insides, 'How to log in; empty = there is no identity provider.'),
  }),
  Document: insides,
  Text: text,
  Health: record('Health', {
    FreeSpace: field(
      record('FreeSpace', { tmp: field(diskUse, 'Of the temporary folder.'), root: field(diskUse, 'Of the root.') }),
      'Room on the disks of the node.',
    ),
  }),
  ClientVersion: record('ClientVersion', { build_version_info: field(buildVersionOutline, 'The program.') }),
  AuthMethods: record('AuthMethods', {
    NextToken: nextToken,
    Methods: field(mapOf(authMethod), 'By name.'),
  }),
  AuthMethod: authMethod,
  Authentication: record('Authentication', {
    Authentication: field(
      record('Login', {
        success: field(flag, 'Whether it worked.'),
        reason: field(text, 'Why it did not.', leftOut),
        token: field(text, 'For `Authorization: Bearer`.', leftOut),
      }),
      'The outcome.',
    ),
  }),
  Submitted: record('Submitted', { JobID: jobId, EvaluationID: evaluationId, Warnings: warnings }),
  UploadBegun: record('UploadBegun', {
    ID: field(text, 'What an input of type upload names it by, in its Params.'),
    Missing: field(listOf(text), 'Digests of the chunks that are still to be sent.'),
  }),
  BatchSubmitted: record('BatchSubmitted', {
    Items: field(
      listOf(
        record('BatchItem', {
          JobID: field(text, 'The job, when it was taken.', leftOut),
          EvaluationID: field(text, 'Of the job that was taken.', leftOut),
          Warnings: field(orNull(listOf(text)), 'What was ignored; null when nothing was.', leftOut),
          Error: field(text, 'Why it was refused.', leftOut),
        }),
      ),
      'One for each job, in their order.',
    ),
  }),
  Difference: record('Difference', {
    Diff: field(text, 'Lines of YAML: `-` is now, `+` would be; empty = nothing would change.'),
    Warnings: warnings,
  }),
  JobPlan: record('JobPlan', {
    Action: field(oneOf(['create', 'update', 'none']), 'What submitting would do; none = nothing would change.'),
    JobID: field(text, 'The job that exists; empty = a new one.'),
    Version: field(uint64, 'The version it would be.'),
    Diff: field(text, 'Lines of YAML: `-` is now, `+` would be; empty = nothing to compare, or no difference.'),
    ...forecast,
    Warnings: warnings,
  }),
  JobReasons: record('JobReasons', {
    ...forecast,
    JobID: jobId,
    Version: field(uint64, 'Its present version.'),
    State: field(oneOf(jobStateNames), 'Its state.'),
    Message: field(text, 'What its state says.'),
    Attempts: field(listOf(failedAttempt), 'The last attempt of each partition or node, where it failed; at most 100.'),
    Next: field(text, 'What happens next.'),
    NextTime: field(uint64, 'When it is looked at again at the latest, Unix nanoseconds; 0 = when something happens.'),
  }),
  Rerun: record('RerunAnswer', {
    JobID: jobId,
    JobVersion: field(uint64, 'The version that runs now.'),
    EvaluationID: evaluationId,
    Warnings: warnings,
  }),
  Stopped: record('Stopped', { EvaluationID: evaluationId }),
  JobAnswer: record('JobAnswer', {
    Job: field(jobShape, 'The job.'),
    History: field(historyList, 'When it was asked for.', leftOut),
    Executions: field(executionList, 'When they were asked for.', leftOut),
  }),
  JobList: listOutline('JobList', jobShape),
  HistoryList: historyList,
  ExecutionList: executionList,
  ResultList: listOutline('ResultList', specConfigShape),
  NodeList: record('NodeList', { NextToken: nextToken, Nodes: field(listOf(nodeStateOutline), 'The page.') }),
  NodeAnswer: record('NodeAnswer', { Node: field(nodeStateOutline, 'The node.') }),
  NodeActionAnswer: record('NodeActionAnswer', {
    Success: field(flag, 'Whether it was done.'),
    Error: field(text, 'Why not.'),
  }),
} satisfies Record<string, Outline>
export type AnswerName = keyof typeof answers

/** What bodies look like, likewise. */
export const bodies = {
  Submit: record('Submit', {
    ...submitShape.fields,
    Job: field(
      record('SubmittedJob', { ...jobShape.fields, ID: field(text, 'Of a service or daemon that names itself.') }),
      'The job.',
      { isNeeded: true },
    ),
  }),
  SubmitBatch: { ...batchShape, name: 'SubmitBatch' },
  ChunkList: { ...chunkListShape, name: 'ChunkList' },
  Rerun: record('Rerun', {
    JobVersion: field(uint64, 'The version to run again; 0 = the present one.'),
    Reason: field(text, 'Why, for its history.'),
  }),
  Stop: record('Stop', { reason: field(text, 'Why, for its history.') }),
  ClientVersion: record('ClientVersion', { client_id: field(text, 'Has no effect.') }),
  Nothing: { schema: { type: 'object' } },
  Authenticate: record('Authenticate', {
    Name: field(text, 'The method.'),
    MethodData: field(text, 'Base64 of what the method asks for.', { isNeeded: true }),
  }),
  NodeAction: record('NodeAction', {
    Action: field(oneOf(nodeActions), 'What to do.', { isNeeded: true }),
    Message: field(text, 'Why, for its history.'),
    NodeID: field(text, 'Has no effect: the path counts.'),
    Deadline: field(int, 'Ours, of a drain: after so many seconds what is left there is stopped; 0 = never.'),
  }),
} satisfies Record<string, Outline>
export type BodyName = keyof typeof bodies

const lines = { schema: { type: 'integer', enum: [0, 1, 2] } }

/** What stands in no row: frames of streams, and refusals. */
export const others = {
  LogFrame: record('LogFrame', {
    value: field(
      record('LogValue', {
        Type: field(
          lines,
          '1 = standard output, 2 = standard error, 0 = no output: an error, a position, or a sign that the stream lives.',
        ),
        Line: field(text, 'Output as it came; not always one line.'),
        Bytes: field(
          text,
          'The same as bytes, in base64, in the place of `Line`, where `bytes` was asked for.',
          leftOut,
        ),
      }),
      'A piece of output.',
    ),
    error: field(text, 'Why the stream ends.', leftOut),
    Hint: field(text, 'What may help, with an error.', leftOut),
    Position: field(
      record('LogPosition', {
        ExecutionID: field(text, 'Whose output follows; empty while there is no execution.'),
        Stdout: field(
          uint64,
          'Characters (UTF-16 units), or bytes where they were asked for, of standard output before it.',
        ),
        Stderr: field(uint64, 'The same of standard error.'),
        FromStdout: field(
          uint64,
          'Byte of standard output that they are counted from; its beginning when left out.',
          leftOut,
        ),
        FromStderr: field(uint64, 'The same of standard error.', leftOut),
      }),
      'Where the stream stands, when `resumable` asks for it: at once, and when its execution is known.',
      leftOut,
    ),
    Note: field(
      text,
      'What happens to the stream, for people, when `resumable` asks for it: its node is away, or back.',
      leftOut,
    ),
  }),
  Error: {
    ...record('Error', {
      error: field(text, 'For callers before 1.5 and those that name no version.', leftOut),
      message: field(text, 'What is wrong; likewise.', leftOut),
      Status: field(uint64, 'The HTTP status.'),
      Message: field(text, 'What is wrong; for callers since 1.5.', leftOut),
      RequestID: field(text, 'X-Request-Id of the request; may be empty.'),
      Code: field(text, 'What kind of error it is (docs/errors.md).'),
      Component: field(text, 'The part of the system that says it.'),
      Hint: field(text, 'What can be done.', leftOut),
      Details: field(textMap, 'Further facts.', leftOut),
    }),
    schema: { type: 'object', anyOf: [{ required: ['error', 'message'] }, { required: ['Message'] }] },
  },
  Outdated: record('Outdated', {
    Error: field(text, 'What is wrong with the version that the caller names.'),
    MinVersion: field(text, 'Oldest version that is served.', leftOut),
    ClientVersion: field(text, 'Version of the caller.', leftOut),
    ServerVersion: field(text, 'Version of the server.', leftOut),
  }),
} satisfies Record<string, Outline>
