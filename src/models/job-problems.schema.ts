import type { JobSpec } from './job.ts'
import { checkJob } from './job-check.schema.ts'
import { validateJob } from './job-validate.schema.ts'
import { isSamePart, type Problem } from './problem.ts'

/** Everything that is wrong with a normalised job and can be known without a node; of one part what the reference says. */
export function jobProblems(spec: JobSpec, id = ''): readonly Problem[] {
  const known = validateJob(spec, id)
  const further = checkJob(spec)
  if (known.length === 0) return further
  return [...known, ...further.filter(({ path }) => !known.some((each) => isSamePart(each.path, path)))]
}
