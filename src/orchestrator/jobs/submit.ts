import type { Submission, Submitted } from '#contracts/control-plane.ts'
import type { Change } from '#contracts/store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { type JobId, newJobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { Evaluations } from '../evaluations.ts'
import { jobSubmitted, jobUpdated } from '../events.ts'
import { jobLine } from '../history-lines.ts'
import type { Ledger } from '../ledger.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { completed, type SpecParts, specOf, textOf } from './spec.ts'

export type SubmitParts = SpecParts & {
  clock: Clock
  random: Random
  ledger: Ledger
  evaluations: Evaluations
  uploads: Pick<Uploads, 'claim'>
}

const component = 'JobStore'
const conflictLimit = 10

/** Stores a job, or a new version of one, with its first history line, in one transaction. */
export const submitJob = async (parts: SubmitParts, submission: Submission): Promise<Submitted> => {
  const repeated = submission.idempotency && (await answeredBefore(parts, submission))
  if (repeated) return repeated
  for (let attempt = 1; ; attempt++) {
    const existing = mayExist(submission) ? await existingJob(parts, submission) : undefined
    const stored = existing ? await storeVersion(parts, submission, existing) : await storeNew(parts, submission)
    if (stored) {
      await stored.durable
      return stored.answer
    }
    if (!existing && submission.id) throw jobExists(submission.id)
    if (attempt === conflictLimit)
      throw new Fault('Conflict', 'the job is being changed by others', { component, isRetryable: true })
    const now = await answeredBefore(parts, submission)
    if (now) return now
  }
}

/** undefined = somebody else was faster. */
type Stored = { answer: Submitted; durable: Promise<void> } | undefined

/** With the first look at it in the same commit, if it is its turn: most of what comes in bursts is stored once and waits. */
const storeNew = async (parts: SubmitParts, submission: Submission): Promise<Stored> => {
  const { looks } = parts.evaluations
  const job = newJob(parts, submission)
  // Most jobs name none, and are stored in the turn in which they came.
  const claimed = parts.uploads.claim(job)
  if (claimed) await claimed
  const answer = answerOf(parts, submission, job)
  const line = jobLine(job, 'Pending', jobSubmitted(job.ModifyTime))
  const look = submission.id ? undefined : looks.first(job, answer.EvaluationID)
  const birth = { insertJobs: [job], history: [line], ...tokenRow(parts, submission, answer) }
  const outcome = await (look ? looks.storeWith([look], birth) : parts.ledger.commit(birth))
  if (outcome.kind !== 'applied') return undefined
  if (!look) parts.evaluations.ask(job, 'job-register', answer.EvaluationID)
  return { answer, durable: outcome.durable }
}

const storeVersion = async (parts: SubmitParts, submission: Submission, existing: Job): Promise<Stored> => {
  const job = updatedJob(parts, submission, existing)
  await parts.uploads.claim(job)
  const answer = answerOf(parts, submission, job)
  const outcome = await parts.ledger.commit({
    updateJobs: [{ id: job.ID, expectedRevision: existing.Revision, job }],
    history: [jobLine(job, 'Pending', jobUpdated(job.ModifyTime))],
    ...tokenRow(parts, submission, answer),
  })
  if (outcome.kind !== 'applied') return undefined
  parts.evaluations.ask(job, 'job-register', answer.EvaluationID)
  return { answer, durable: outcome.durable }
}

const answerOf = ({ random }: SubmitParts, { warnings }: Submission, job: Job): Submitted => ({
  JobID: job.ID,
  EvaluationID: random.uuid(),
  Warnings: [...warnings],
})

/** A job without an id or a name that others share is new. */
const mayExist = ({ id, naming, spec }: Submission): boolean =>
  id !== undefined || (naming === 'versioned' && spec.Name !== '')

const jobExists = (id: string): Fault =>
  new Fault('ResourceInUse', `job already exists: ${id}`, { component, hint: 'Choose another ID, or leave it out.' })

export const existingJob = async ({ ledger }: SubmitParts, submission: Submission): Promise<Job | undefined> => {
  if (submission.id && (await ledger.store.job(submission.id as JobId))) throw jobExists(submission.id)
  if (submission.naming !== 'versioned' || submission.spec.Name === '') return undefined
  const id = await ledger.store.jobIdByName(submission.spec.Name, submission.spec.Namespace)
  return id && ledger.store.job(id)
}

export const newJob = (parts: SubmitParts, submission: Submission): Job => {
  const id = (submission.id || newJobId(parts.random.uuid())) as JobId
  const now = parts.clock.nowNs()
  return {
    ...completed(parts, submission),
    ID: id,
    Name: submission.spec.Name || id,
    State: { StateType: 'Pending' },
    Version: 1,
    Revision: 1,
    CreateTime: now,
    ModifyTime: now,
    VersionTime: now,
  }
}

export const updatedJob = (parts: SubmitParts, submission: Submission, existing: Job): Job => {
  const spec = completed(parts, submission)
  const named = `Job Name: '${existing.Name}', Job Id: '${existing.ID}'`
  if (spec.Type !== existing.Type) {
    throw new Fault('BadRequest', `the type of a job cannot change from ${existing.Type} to ${spec.Type}. ${named}`, {
      component,
      hint: 'Submit it under another name.',
    })
  }
  if (!submission.isForced && textOf(spec) === textOf(specOf(existing))) {
    throw new Fault('Conflict', `no changes detected for new job spec. ${named}`, {
      component,
      hint: 'Use the --force flag to override this warning',
    })
  }
  const now = parts.clock.nowNs()
  return {
    ...existing,
    ...spec,
    State: { StateType: 'Pending', Message: 'Job update requested by user' },
    Version: existing.Version + 1,
    Revision: existing.Revision + 1,
    ModifyTime: now,
    VersionTime: now,
  }
}

const tokenRow = (
  parts: SubmitParts,
  { idempotency, spec }: Submission,
  answer: Submitted,
): Pick<Change, 'putTokens'> =>
  idempotency
    ? {
        putTokens: [
          {
            namespace: spec.Namespace,
            ...idempotency,
            answer: JSON.stringify(answer),
            createTime: parts.clock.nowNs(),
          },
        ],
      }
    : {}

/** The first answer to the same token and body; another body is a conflict. */
const answeredBefore = async (
  { ledger }: SubmitParts,
  { idempotency, spec }: Submission,
): Promise<Submitted | undefined> => {
  if (!idempotency) return undefined
  const settled = ledger.store.settled()
  const known = await ledger.store.token(spec.Namespace, idempotency.token)
  if (!known) return undefined
  if (known.bodyHash !== idempotency.bodyHash) {
    throw new Fault('Conflict', 'this idempotency key was used for another request', {
      component,
      hint: 'Use a new key for a new request.',
    })
  }
  await settled
  return JSON.parse(known.answer) as Submitted
}
