import { type ClientVersion, since } from '#api/client-version.ts'
import { Fault } from '#lib/fault.ts'
import { type JobDraft, jobShape } from '#models/job.schema.ts'
import type { JobSpec } from '#models/job.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { jobProblems } from '#models/job-problems.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { isPublisherNeeded } from '#models/job-validate.schema.ts'
import { idleParts, idleText } from '#models/job-warnings.schema.ts'
import { type Problem, problemText } from '#models/problem.ts'
import { advice } from './advice.ts'

export type ReadJob = { spec: JobSpec; id: string; warnings: string[] }

/**
 * A submitted job made normal, found right (but for a publisher, which the orchestrator may add) and freed of what callers
 * may not set, with a warning of that and of what has no effect. Throws a Fault with every problem.
 */
export function readJob(draft: JobDraft | null | undefined, version: ClientVersion): ReadJob {
  if (!draft) throw new Fault('ValidationError', 'empty/nil job', { component: 'APIServer' })
  const normal = normalizeJob(draft, { defaultNetwork: version >= since.v1_7 ? 'Default' : 'None' })
  const problems = jobProblems(normal, draft.ID)
  // When that is all, an orchestrator that has no publisher to give says it.
  if (!problems.every(isPublisherNeeded)) throw refused(problems)
  const job = sanitizeJob(draft, normal)
  return { ...job, warnings: [...job.warnings, ...idleParts(job.spec).map((part) => idleText(part))] }
}

const refused = (problems: readonly Problem[]): Fault =>
  new Fault('ValidationError', problemText(problems), {
    component: 'APIServer',
    ...advice(problems, jobShape),
  })
