import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '#lib/json/parse.ts'
import type { JobId } from '#models/ids.ts'
import type { JobDraft } from '#models/job.schema.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { decodeJobFile } from '#models/job-file.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { validateJob } from '#models/job-validate.schema.ts'
import { describeVectors } from '../../test/kit/vectors.ts'
import { since } from './client-version.ts'
import { encodeJob } from './encode/job.ts'

const laterWords = /^models.Network: unknown type '(host|bridge|default)'$/i

type Judged = {
  null?: true
  normalized?: Record<string, unknown>
  submission?: string
  full?: string
  warnings?: string[]
}

// Documents that are JSON; those in YAML are judged where files are read.
describeVectors(
  'jobs.json',
  (document: string) => {
    const draft = decodeJobFile(parseJson(document))
    if (draft === undefined) return { null: true, submission: 'empty/nil job' }
    const spec = normalizeJob(draft, { defaultNetwork: 'None' })
    const problems = validateJob(spec)
    const nullItem = problems.find((problem) => problem.endsWith(' is null'))
    if (nullItem) throw new Error(nullItem)
    const { warnings } = sanitizeJob(draft, spec)
    return {
      normalized: JSON.parse(encodeJob(asStored(draft, spec), since.v1_7)),
      full: problems.join('\n'),
      ...(warnings.length > 0 ? { warnings } : {}),
    }
  },
  {
    versions: ['v1.4.0'],
    // Ports and network words of later versions are taken from everybody (api of the wire, part 10).
    skip: ({ in: document, accepted: [wanted] }) =>
      !isJsonObject(document) ||
      wanted === undefined ||
      ('err' in wanted && laterWords.test(wanted.err)) ||
      document.includes('"Ports"'),
    isSame: (actual, expected) => isSameJob(actual as Judged, expected as Judged),
  },
)

function isJsonObject(document: string): boolean {
  try {
    return document.startsWith('{') && typeof JSON.parse(document) === 'object'
  } catch {
    return false
  }
}

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

/** An absent Count is 1 here (X: README row 2), and each problem is told once. */
function isSameJob(actual: Judged, expected: Judged): boolean {
  if (expected.null) return actual.null === true
  const count = expected.normalized?.Count === 0 && actual.normalized?.Count === 1 ? { Count: 1 } : {}
  return (
    isDeepStrictEqual(actual.normalized, { ...expected.normalized, ...count }) &&
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
