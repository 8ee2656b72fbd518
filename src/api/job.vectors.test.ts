import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '#lib/fault.ts'
import { readYaml } from '#lib/yaml/read-yaml.ts'
import type { JobId } from '#models/ids.ts'
import type { JobDraft } from '#models/job.schema.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { checkJob } from '#models/job-check.schema.ts'
import { readJobFile } from '#models/job-file.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { validateJob } from '#models/job-validate.schema.ts'
import { type Problem, problemText } from '#models/problem.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { since } from './client-version.ts'
import { encodeJob } from './encode/job.ts'

type Judged = {
  null?: true
  normalized?: Record<string, unknown>
  submission?: string
  full?: string
  /** Undefined when it was not looked at. */
  network?: string[] | undefined
  warnings?: string[]
}

function valueOf(document: string): unknown {
  try {
    return readYaml(document).value
  } catch (error) {
    throw new Error(`converting yaml to json: ${messageOf(error)}`, { cause: error })
  }
}

function judged(document: string): Judged {
  const { draft, problems: mistakes } = readJobFile(valueOf(document))
  const told = asRecorded(mistakes)
  if (told.length > 0) throw new Error(problemText(told))
  if (draft === undefined) return { null: true, submission: 'empty/nil job' }
  const spec = normalizeJob(draft, { defaultNetwork: 'None' })
  const problems = asRecorded(validateJob(spec))
  const nullItem = problems.find(({ text }) => text.endsWith(' is null'))
  if (nullItem) throw new Error(nullItem.text)
  const { warnings } = sanitizeJob(draft, spec)
  return {
    normalized: JSON.parse(encodeJob(asStored(draft, spec), since.v1_7)),
    full: problemText(problems),
    network: problems.length > 0 ? undefined : networkProblems(checkJob(spec).map(({ text }) => text)),
    ...(warnings.length > 0 ? { warnings } : {}),
  }
}

/** Without what the reference stops before; it is told after these. */
const asRecorded = (problems: readonly Problem[]): Problem[] => problems.filter((each) => !each.isFurther)

/** Network words and ports of later versions are taken from everybody, so that a later version judges them. */
const isLater = ({ raw }: VectorCase): boolean => {
  const { err } = (raw['v1.4.0'] ?? {}) as { err?: string }
  return /^models.Network: unknown type '(host|bridge|default)'$/i.test(err ?? '') || String(raw.in).includes('"Ports"')
}

describeVectors('jobs.json', judged, {
  versions: ['v1.4.0'],
  skip: isLater,
  isSame: (actual, expected) => isSameJob(actual as Judged, expected as Judged),
})

// The later version says other things in other words; what is judged by it is the network.
describeVectors(
  'jobs.json',
  (document: string) => {
    const job = judged(document)
    const problems = job.full || job.network?.join('\n')
    if (document.includes('"Ports":[null]') && problems) throw new Error(problems)
    return job
  },
  {
    versions: ['v1.9.3'],
    errors: 'any',
    skip: (vector) => !isLater(vector),
    isSame: (actual, expected) => {
      const [ours, wanted] = [actual as Judged, expected as Judged]
      const found = networkProblems([wanted.full ?? ''])
      const areSame =
        found.length === 0 ? ours.network?.length === 0 : found.every((each) => ours.network?.includes(each))
      // What the older version refuses is refused before the network is looked at.
      const isRefused = ours.network === undefined && ours.full !== '' && wanted.full !== ''
      return isDeepStrictEqual(ours.normalized, countedLike(ours, wanted)) && (isRefused || areSame)
    },
  },
)

/** Sentences about the network of a task, each alone. */
const networkProblems = (problems: readonly string[]): string[] =>
  problems
    .join('\n')
    .split(/\n(?=task |constraint )/)
    .flatMap((problem) => /invalid network: ([^]*)/.exec(problem)?.[1]?.split('\n') ?? [])

const asStored = (draft: JobDraft, spec: JobSpec): Job => ({
  ...spec,
  ID: (draft.ID ?? '') as JobId,
  State: { StateType: 'Undefined' },
  VersionTime: 0n,
  Version: 0,
  Revision: 0,
  CreateTime: 0n,
  ModifyTime: 0n,
})

/** An absent Count is 1 here. */
const countedLike = (actual: Judged, expected: Judged): Judged['normalized'] => {
  const isOne = expected.normalized?.Count === 0 && actual.normalized?.Count === 1
  return { ...expected.normalized, ...(isOne && { Count: 1 }) }
}

/** Each problem is told once. */
function isSameJob(actual: Judged, expected: Judged): boolean {
  if (expected.null) return actual.null === true
  return (
    isDeepStrictEqual(actual.normalized, countedLike(actual, expected)) &&
    isDeepStrictEqual(told(actual.full), told([expected.submission, expected.full].join('\n'))) &&
    isDeepStrictEqual(actual.warnings, expected.warnings)
  )
}

const told = (problems = ''): Set<string> =>
  new Set(
    problems
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line.replace(/^task .* validation failed: (?=.*(?:task|engine|artifact|output|missing|publisher|input) )/, ''),
      ),
  )
