import type { ChunkList } from '#models/chunk-list.ts'
import type { JobPlan, JobReasons } from '#models/forecast.ts'
import type { Job, JobSpec } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, Task } from '#models/task.ts'
import { since } from './client-version.ts'
import { decodeExecution, type ShownExecution } from './decode/execution.ts'
import { decodeHistory } from './decode/history.ts'
import { decodeJob } from './decode/job.ts'
import { int64, type Wire } from './decode/wire-json.ts'
import { encodeExecution } from './encode/execution.ts'
import { goJson, goString } from './encode/go-json.ts'
import { encodeHistory } from './encode/history.ts'
import { encodeJob, encodeSpecConfig } from './encode/job.ts'
import { type Answer, type Body, endpoint, jsonBody, type List, listAnswer, plainAnswer } from './endpoint.ts'
import { named, uploadedTo, versioned } from './job-params.ts'
import { param } from './query.ts'

type OptionalBut<Whole, Needed extends keyof Whole> = Partial<Omit<Whole, Needed>> & Pick<Whole, Needed>
type Seconds = number | bigint
/** A task as it may be sent. */
export type TaskInput = Omit<OptionalBut<Task, 'Name' | 'Engine'>, 'InputSources' | 'Timeouts'> & {
  InputSources?: OptionalBut<InputSource, 'Source' | 'Target'>[]
  Timeouts?: { ExecutionTimeout?: Seconds; QueueTimeout?: Seconds; TotalTimeout?: Seconds }
}
/** A job as it may be sent; what is left out the server fills in. */
export type JobInput = Omit<OptionalBut<JobSpec, 'Type'>, 'Tasks'> & { Tasks: TaskInput[] }

export type SubmitRequest = {
  Job: JobInput
  /** Of a service or daemon, where the caller may choose it. */
  ID?: string
  /** Take it even when nothing changed. */
  Force?: boolean
}
export type SubmitAnswer = { JobID: string; EvaluationID: string; Warnings: string[] | null }
/** One line per job of a batch, in its order: an answer, or why that job was refused. */
export type BatchAnswer = { Items: (SubmitAnswer | { Error: string })[] }
export type DiffAnswer = { Diff: string; Warnings: string[] | null }
export type PlanAnswer = JobPlan & { Warnings: string[] | null }
/** What an input of type upload says in its Params as ID, and the digests of what is still to come. */
export type UploadAnswer = { ID: string; Missing: string[] }
export type RerunRequest = { JobVersion?: number; Reason?: string }
export type RerunAnswer = SubmitAnswer & { JobVersion: number }
export type GetAnswer = { Job: Job; History?: List<JobHistory>; Executions?: List<ShownExecution> }

const paging = {
  limit: param('uint32', 'Most items on a page; 0 = 1000'),
  next_token: param('text', 'NextToken of the page before'),
  order_by: param('text', 'Field to sort by'),
  reverse: param('bool', 'Last item first'),
}
/** Ours: the two generations of the reference tell the same life in different lines. */
const told = {
  audience: param('text', 'Lines of history as told before-1.5 or since-1.5; default: as the caller knows'),
}
const common = { role: 'orchestrator', body: null, errors: ['NotFound', 'MultipleFound'] } as const

const executionList = listAnswer<ShownExecution>(
  'ExecutionList',
  (execution, version) => encodeExecution(execution, version, version >= since.v1_5 ? execution.Job : undefined),
  decodeExecution,
)
const historyList = listAnswer<JobHistory>('HistoryList', encodeHistory, decodeHistory)
const jobList = listAnswer<Job>('JobList', encodeJob, decodeJob)

const getAnswer: Answer<GetAnswer> = {
  name: 'JobAnswer',
  encode: ({ Job, History, Executions }, version) =>
    `{"Job":${encodeJob(Job, version)}` +
    `${History ? `,"History":${historyList.encode(History, version)}` : ''}` +
    `${Executions ? `,"Executions":${executionList.encode(Executions, version)}` : ''}}`,
  decode: ({ Job, History, Executions }) => ({
    Job: decodeJob(Job),
    ...(History ? { History: historyList.decode(History) } : {}),
    ...(Executions ? { Executions: executionList.decode(Executions) } : {}),
  }),
}

const submitText: (answer: SubmitAnswer) => string = ({ JobID, EvaluationID, Warnings }) =>
  `{"JobID":${goString(JobID)},"EvaluationID":"${EvaluationID}","Warnings":${goJson(Warnings)}}`

const submitBody: Body<SubmitRequest> = {
  name: 'Submit',
  isAlsoYaml: true,
  encode: ({ Job, ID, Force }) => goJson({ Job: { ...(ID ? { ID } : {}), ...Job }, ...(Force ? { Force } : {}) }),
}

/** The use cases on jobs. */
export const jobEndpoints = {
  /**
   * Stores a job and answers once it is on disk. What is left out of it the server fills in; `Timeouts` are seconds.
   * Sent again under the same key it is the same job. Faults: ResourceInUse, Conflict, PayloadTooLarge, StorageFull.
   */
  submit: endpoint({
    method: 'PUT',
    also: ['POST'],
    path: '/orchestrator/jobs',
    summary: 'Submits a job, in JSON or, with a YAML content type, in YAML',
    role: 'orchestrator',
    query: {},
    errors: ['ResourceInUse', 'Conflict', 'PayloadTooLarge', 'StorageFull'],
    headers: { 'Idempotency-Key': 'Repeating the request with the same key stores one job and gets the same answer' },
    body: submitBody,
    answer: { name: 'Submitted', encode: submitText, decode: (wire) => wire as SubmitAnswer },
  }),
  /**
   * Up to 10,000 jobs in one request, each taken or refused for itself; one answer for each, in their order. Faults:
   * PayloadTooLarge, StorageFull.
   */
  submitBatch: endpoint({
    method: 'POST',
    path: '/orchestrator/jobs/batch',
    summary: 'Submits many jobs at once; each is taken or refused for itself',
    role: 'orchestrator',
    query: {},
    errors: ['PayloadTooLarge', 'StorageFull'],
    body: jsonBody<{ Jobs: JobInput[] }>('SubmitBatch'),
    answer: {
      name: 'BatchSubmitted',
      encode: ({ Items }) =>
        `{"Items":[${Items.map((item) => ('Error' in item ? goJson(item) : submitText(item))).join(',')}]}`,
      decode: (wire) => wire as BatchAnswer,
    } satisfies Answer<BatchAnswer>,
  }),
  /**
   * Begins to send a file or folder for a job, or goes on: which of its chunks are still to be sent. A job of that namespace
   * then names it as an input of type upload. Faults: PayloadTooLarge, StorageFull.
   */
  beginUpload: endpoint({
    method: 'POST',
    path: '/orchestrator/jobs/uploads',
    summary: 'Begins to send a file or folder that a job reads, or goes on with it',
    role: 'orchestrator',
    query: { ...uploadedTo },
    errors: ['PayloadTooLarge', 'StorageFull'],
    body: jsonBody<ChunkList>('ChunkList'),
    answer: plainAnswer<UploadAnswer>('UploadBegun'),
  }),
  /** Jobs, the oldest first unless asked otherwise. `order_by` created_at, modified_at or id. */
  list: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs',
    summary: 'Lists jobs',
    query: {
      ...paging,
      namespace: param('text', 'Namespace; * or nothing = all'),
      labels: param('texts', 'Label selector; several are joined by AND'),
    },
    errors: [],
    answer: jobList,
  }),
  /**
   * A job by its id, a beginning of it, or its name. With `wait` (milliseconds) it answers once `Revision` is above
   * `index`, or when that time is over. Its times are Unix nanoseconds. Faults: NotFound, MultipleFound.
   */
  get: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id',
    summary: 'Shows a job; with `wait` answers once its Revision is above `index`',
    query: {
      ...named,
      ...told,
      include: param('text', 'history, executions or both'),
      limit: param('uint32', 'Has no effect'),
      job_version: versioned.job_version,
      wait: param('wait', 'Longest wait'),
      index: param('uint32', 'Revision that is known already'),
    },
    answer: getAnswer,
  }),
  /**
   * Stops a job and its executions; answers when that is decided, not when every program has ended. Faults: NotFound,
   * MultipleFound, Conflict.
   */
  stop: endpoint({
    ...common,
    method: 'DELETE',
    path: '/orchestrator/jobs/:id',
    summary: 'Stops a job',
    query: { ...named, reason: param('text', 'Why, when the body does not say it') },
    errors: ['NotFound', 'MultipleFound', 'Conflict'],
    body: { ...jsonBody<{ reason?: string }>('Stop'), isOptional: true },
    answer: plainAnswer<{ EvaluationID: string }>('Stopped'),
  }),
  /**
   * Lines of what happened, in their order; `since` is Unix seconds. While the job goes on there is always a next
   * page; by `for await` it ends with what there is now. Faults: NotFound, MultipleFound.
   */
  history: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id/history',
    summary: 'What happened to a job and its executions',
    query: {
      ...named,
      ...paging,
      ...versioned,
      ...told,
      since: param('int64', 'Only lines at or after this time, Unix seconds'),
      event_type: param('text', 'all, job or execution'),
      execution_id: param('text', 'Only this execution; a prefix is enough'),
      node_id: param('text', 'Only this node; a prefix is enough'),
    },
    answer: historyList,
  }),
  /**
   * Executions with their states and the first 2,048 bytes of what they printed. Their times are Unix nanoseconds.
   * Faults: NotFound, MultipleFound.
   */
  executions: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id/executions',
    summary: 'Lists the executions of a job',
    query: { ...named, ...paging, ...versioned },
    answer: executionList,
  }),
  /** Where each completed execution of a batch or ops job published its result. Faults: NotFound, MultipleFound. */
  results: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id/results',
    summary: 'Where the published results of a job are',
    query: { ...named, ...paging },
    contentType: 'application/json; charset=UTF-8',
    answer: listAnswer<SpecConfig>('ResultList', encodeSpecConfig, (wire) => wire as SpecConfig),
  }),
  /**
   * What a submission would change, as text; empty when it would change nothing. Stores nothing. Faults: NotFound,
   * PayloadTooLarge.
   */
  diff: endpoint({
    method: 'PUT',
    path: '/orchestrator/jobs/diff',
    summary: 'What a submission would change of the job of its name',
    role: 'orchestrator',
    query: {},
    errors: ['NotFound', 'PayloadTooLarge'],
    body: submitBody,
    answer: plainAnswer<DiffAnswer>('Difference'),
  }),
  /**
   * What submitting would do: the difference to the stored version, where it would go, and which nodes are left out by
   * which rule. Stores nothing. Faults: ResourceInUse, PayloadTooLarge.
   */
  plan: endpoint({
    method: 'PUT',
    path: '/orchestrator/jobs/plan',
    summary: 'What submitting a job would do: its difference, where it would go, and what leaves nodes out',
    role: 'orchestrator',
    query: {},
    errors: ['ResourceInUse', 'PayloadTooLarge'],
    body: submitBody,
    answer: plainAnswer<PlanAnswer>('JobPlan'),
  }),
  /**
   * Why a job waits, has failed or goes on: the cause first, then failed attempts, then the nodes that are left out.
   * Its times are Unix nanoseconds. Faults: NotFound, MultipleFound.
   */
  why: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id/why',
    summary: 'Why a job waits or has failed, and what happens next',
    query: { ...named },
    answer: {
      name: 'JobReasons',
      encode: goJson,
      decode: (wire) => ({
        ...wire,
        NextTime: int64(wire.NextTime),
        Attempts: wire.Attempts.map((attempt: Wire) => ({ ...attempt, NextTime: int64(attempt.NextTime) })),
      }),
    } satisfies Answer<JobReasons>,
  }),
  /** Runs a version of a job again as its next version. Faults: NotFound, MultipleFound, Conflict. */
  rerun: endpoint({
    ...common,
    method: 'PUT',
    path: '/orchestrator/jobs/:id/rerun',
    summary: 'Runs a version of a job again, as a new version',
    query: { ...named },
    errors: ['NotFound', 'MultipleFound', 'Conflict'],
    body: { ...jsonBody<RerunRequest>('Rerun'), isOptional: true },
    answer: plainAnswer<RerunAnswer>('Rerun'),
  }),
  /** Every version of a job, the oldest first. Faults: NotFound, MultipleFound. */
  versions: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/jobs/:id/versions',
    summary: 'All versions of a job, oldest first',
    query: { ...named, ...paging },
    answer: jobList,
  }),
} as const
