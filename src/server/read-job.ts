import { type ClientVersion, since } from '#api/client-version.ts'
import { Fault } from '#lib/fault.ts'
import type { JobDraft } from '#models/job.schema.ts'
import type { JobSpec } from '#models/job.ts'
import { checkJob } from '#models/job-check.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { validateJob } from '#models/job-validate.schema.ts'

export type ReadJob = { spec: JobSpec; id: string; warnings: string[] }

/** A submitted job made normal, found right and freed of what callers may not set. Throws a Fault with every problem. */
export function readJob(draft: JobDraft | null | undefined, version: ClientVersion): ReadJob {
  if (!draft) throw invalid(['empty/nil job'])
  const normal = normalizeJob(draft, { defaultNetwork: version >= since.v1_7 ? 'Default' : 'None' })
  refuse(validateJob(normal, draft.ID))
  const job = sanitizeJob(draft, normal)
  refuse(checkJob(job.spec))
  return job
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw invalid(problems)
}

const invalid = (problems: readonly string[]): Fault =>
  new Fault('ValidationError', problems.join('\n'), { component: 'APIServer' })
