import { hash } from 'node:crypto'
import { type ClientVersion, since } from '#api/client-version.ts'
import type { BatchAnswer, jobEndpoints, SubmitAnswer } from '#api/jobs.ts'
import type { JobsApi, Submission, Submitted } from '#contracts/control-plane.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { checkedChunkList } from '#models/chunk-list.ts'
import { strangerWarnings } from '#models/field-hint.schema.ts'
import { batchShape, type JobDraft } from '#models/job.schema.ts'
import { metaKeys } from '#models/job.ts'
import { struct, text, uint64 } from '#models/shape.schema.ts'
import { chunkListShape } from '#models/upload.schema.ts'
import type { ResultTickets } from '../auth/result-tickets.ts'
import type { Caller } from '../caller.ts'
import type { Handlers } from '../handler.ts'
import { type RequestBody, readBody } from '../read-body.ts'
import { readJob } from '../read-job.ts'
import { readSubmission } from '../read-submission.ts'
import { longestWaitMs, type ServerSettings } from '../settings.ts'
import { listExecutions, shownExecutions } from './executions.ts'
import { listHistory, wholeHistory } from './history.ts'
import { listJobs } from './job-list.ts'
import { withAddress } from './result-address.ts'

const stopShape = struct('apimodels', 'StopJobRequest', { Reason: text })
const rerunShape = struct('apimodels', 'RerunJobRequest', { JobVersion: uint64, Reason: text })
const largestBatch = 10_000

/** The use cases on jobs over HTTP. */
export function jobHandlers(
  jobs: JobsApi,
  settings: ServerSettings,
  tickets: ResultTickets,
): Handlers<typeof jobEndpoints> {
  const submissionOf = (
    draft: JobDraft | undefined,
    isForced: boolean,
    caller: Caller,
    passedOver: readonly string[],
  ): Submission => {
    const { spec, id, warnings } = readJob(draft, caller.version)
    return {
      spec,
      ...(id === '' ? {} : { id }),
      isForced,
      naming: namingFor(caller.version, settings.jobNaming ?? 'by-caller'),
      warnings: passedOver.length === 0 ? warnings : [...warnings, ...passedOver],
      ...(caller.clientId ? { clientId: caller.clientId } : {}),
    }
  }
  const resolve = (call: { params: { id: string }; query: { namespace?: string } }) =>
    jobs.resolve(call.params.id, call.query.namespace)

  return {
    async submit(call) {
      const request = readSubmission(call.body)
      const submission = {
        ...submissionOf(request.Job, request.Force ?? false, call.caller, request.warnings),
        callerMeta: callerMeta(call),
      }
      const token = call.header('idempotency-key') || request.IdempotencyToken
      return submitAnswer(
        await jobs.submit(token ? { ...submission, idempotency: remembered(token, call) } : submission),
      )
    },

    async submitBatch({ body, caller }): Promise<BatchAnswer> {
      const strangers: (string | number)[][] = []
      const drafts = readBody(body, batchShape, strangers)?.Jobs ?? []
      const passedOver = Map.groupBy(strangers, ([, at]) => at)
      if (drafts.length > largestBatch) {
        throw new Fault('BadRequest', `a batch has at most ${largestBatch} jobs, not ${drafts.length}`)
      }
      // All in one turn, so that the store makes one commit of them.
      const Items = await Promise.all(
        drafts.map(async (draft, at) => {
          const warnings = strangerWarnings(passedOver.get(at) ?? [], batchShape)
          try {
            return submitAnswer(await jobs.submit(submissionOf(draft, false, caller, warnings)))
          } catch (error) {
            if (error instanceof Fault && error.status < 500) return { Error: messageOf(error) }
            throw error
          }
        }),
      )
      return { Items }
    },

    async beginUpload({ body, query }) {
      const chunks = checkedChunkList(readBody(body, chunkListShape))
      const { id, missing } = await jobs.beginUpload(query.namespace || 'default', chunks)
      return { ID: id, Missing: missing }
    },

    list: (call) => listJobs(jobs, call.query),

    async get(call) {
      const id = await resolve(call)
      const { wait, index = 0, include = '', job_version = 0, audience } = call.query
      const newest =
        wait === undefined ? undefined : await jobs.wait(id, index, Math.min(wait, longestWaitMs), call.signal)
      const Job = newest && job_version === 0 ? newest : await jobs.get(id, job_version)
      const wanted = include.split(',').map((part) => part.trim())
      const { caller } = call
      return {
        Job,
        ...(wanted.includes('history') ? { History: await wholeHistory(jobs, Job, audience, caller.version) } : {}),
        ...(wanted.includes('executions')
          ? { Executions: { NextToken: '', Items: await shownExecutions(jobs, Job, {}, caller.version) } }
          : {}),
      }
    },

    async stop(call) {
      const request = readBody(call.body, stopShape)
      return jobs.stop(await resolve(call), request?.Reason || pythonText(call.query.reason) || defaultStopReason)
    },

    async history(call) {
      return listHistory(jobs, await jobs.get(await resolve(call)), call.query, call.caller.version)
    },

    async executions(call) {
      return listExecutions(jobs, await jobs.get(await resolve(call)), call.query, call.caller.version)
    },

    async diff({ body, caller }) {
      const { Job, warnings } = readSubmission(body)
      const submission = submissionOf(Job, false, caller, warnings)
      const Diff = await jobs.diff(submission)
      return { Diff, Warnings: submission.warnings.length > 0 ? [...submission.warnings] : null }
    },

    async plan({ body, caller }) {
      const { Job, Force = false, warnings } = readSubmission(body)
      const submission = submissionOf(Job, Force, caller, warnings)
      const Warnings = submission.warnings.length > 0 ? [...submission.warnings] : null
      return { ...(await jobs.plan(submission)), Warnings }
    },

    why: async (call) => jobs.why(await resolve(call)),

    async rerun(call) {
      const { JobVersion = 0n, Reason = '' } = readBody(call.body, rerunShape) ?? {}
      const id = await resolve(call)
      return { ...(await jobs.rerun(id, Number(JobVersion), Reason || defaultRerunReason)), Warnings: null }
    },

    async results(call) {
      const id = await resolve(call)
      const results = await jobs.results(id)
      return {
        NextToken: '',
        Items: await Promise.all(results.map((result) => withAddress(id, result, call.door, tickets))),
      }
    },

    versions: async (call) => ({ NextToken: '', Items: await jobs.versions(await resolve(call)) }),
  }
}

const defaultRerunReason = 'job rerun'
const defaultStopReason = 'job stopped by user'

/** Callers before 1.8 expect independent jobs. */
const namingFor = (version: ClientVersion, naming: NonNullable<ServerSettings['jobNaming']>): Submission['naming'] =>
  naming === 'by-caller' ? (version >= since.v1_8 ? 'versioned' : 'independent') : naming

/** Newer clients say which installation of theirs they are, and which run of it. */
const callerMeta = ({ header }: { header(name: string): string }): Record<string, string> =>
  Object.fromEntries(
    [
      [metaKeys.clientInstanceId, header('x-bacalhau-instanceid')] as const,
      [metaKeys.clientInstallationId, header('x-bacalhau-installationid')] as const,
    ].filter(([, value]) => value !== ''),
  )

const submitAnswer = ({ JobID, EvaluationID, Warnings }: Submitted): SubmitAnswer => ({
  JobID,
  EvaluationID,
  Warnings: Warnings.length > 0 ? Warnings : null,
})

const remembered = (
  token: string,
  { body }: { body: RequestBody | undefined },
): NonNullable<Submission['idempotency']> => ({
  token,
  bodyHash: hash('sha256', body?.text ?? ''),
})

/** Python clients write an absent value as `None`. */
const pythonText = (value: string | undefined): string => (value === undefined || value === 'None' ? '' : value)
