import { Fault, messageOf } from '#lib/fault.ts'
import { readYaml, type YamlDocument } from '#lib/yaml/read-yaml.ts'
import type { JobDraft } from '#models/job.schema.ts'
import type { JobSpec } from '#models/job.ts'
import { decodeJobFile, type JobFileMistake, strangeFields } from '#models/job-file.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { validateJob } from '#models/job-validate.schema.ts'
import { jsonComment } from './json-comment.ts'

export type ParsedJob = { readonly spec: JobSpec; readonly id: string; readonly warnings: readonly string[] }

/**
 * A job from the text of a job file: YAML or JSON, read strictly, with defaults filled in and checked as the server
 * will check it. Also takes what `job describe` and `--dry-run` print. Throws a Fault ValidationError whose hint says
 * where to look.
 */
export function parseJob(text: string): ParsedJob {
  const document = read(text)
  const described = jobOfDescription(document.value)
  const draft = decode(document, described?.job ?? document.value, described?.path ?? [])
  if (!draft) throw new Fault('ValidationError', 'empty/nil job')
  const spec = normalizeJob(draft, { defaultNetwork: 'None' })
  const problems = validateJob(spec, draft.ID)
  if (problems.length > 0) throw new Fault('ValidationError', problems.join('\n'))
  const sane = sanitizeJob(draft, spec)
  return { ...sane, warnings: [...(described?.warnings ?? []), ...sane.warnings] }
}

function read(text: string): YamlDocument {
  const comment = jsonComment(text)
  if (comment) {
    const { line, column } = comment
    throw new Fault('ValidationError', `line ${line}, column ${column}: JSON has no comments`, {
      hint: 'Remove the comment, or write the file in YAML, where # begins one.',
    })
  }
  try {
    return readYaml(text)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new Fault('ValidationError', `converting yaml to json: ${error.message}`, hintOf(error.hint))
  }
}

function decode(document: YamlDocument, value: unknown, prefix: readonly string[]): JobDraft | undefined {
  const refused = (message: string, paths: readonly Path[]): Fault => {
    const places = paths.flatMap((path) => document.positionOf([...prefix, ...path]) ?? [])
    const where = places.map(({ line, column }) => `line ${line}, column ${column}`).join('; ')
    return new Fault('ValidationError', message, hintOf(where === '' ? undefined : `See ${where}.`))
  }
  try {
    const draft = decodeJobFile(value)
    const strange = strangeFields(value)
    if (strange.length === 0) return draft
    const names = strange.map((path) => path.filter((step) => typeof step === 'string').join('.'))
    throw refused(names.map((name) => `unknown field: '${name}' in 'Job'`).join('\n'), strange)
  } catch (error) {
    const mistakes =
      error instanceof Fault && Array.isArray(error.cause) ? (error.cause as JobFileMistake[]) : undefined
    throw mistakes
      ? refused(
          messageOf(error),
          mistakes.map(({ path }) => path),
        )
      : error
  }
}

type Path = JobFileMistake['path']

const hintOf = (hint: string | undefined): { hint?: string } => (hint === undefined ? {} : { hint })

const systemFields = ['id', 'state', 'version', 'revision', 'createtime', 'modifytime'] as const
type Described = { readonly job: object; readonly path: readonly string[]; readonly warnings: readonly string[] }

/**
 * What `job describe` printed (`Job` with `Executions` and `History`), or a whole job with the fields the system
 * writes, as `--dry-run` prints it: those fields are left out, with a warning for each that says something, and so is
 * the name of a job that had none and is called by its id. Undefined for an ordinary job file.
 */
function jobOfDescription(value: unknown): Described | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const wrapped = (value as Record<string, unknown>).Job
  const isWrapped = typeof wrapped === 'object' && wrapped !== null && !Array.isArray(wrapped)
  const job = (isWrapped ? wrapped : value) as Record<string, unknown>
  if (!isWrapped && !isWholeJob(job)) return undefined
  const kept: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const [key, each] of Object.entries(job)) {
    if (key.toLowerCase() === 'name' && each === idOf(job)) continue
    if (!isSystemField(key)) kept[key] = key.toLowerCase() === 'meta' ? withoutReserved(each) : each
    else if (saysSomething(each)) warnings.push(`${key} of the described job is left out`)
  }
  return { job: kept, path: isWrapped ? ['Job'] : [], warnings }
}

const isSystemField = (key: string): boolean => systemFields.some((field) => field === key.toLowerCase())

const idOf = (job: Record<string, unknown>): unknown =>
  Object.entries(job).find(([key]) => key.toLowerCase() === 'id')?.[1]

/** Only a program writes all of them. */
const isWholeJob = (job: Record<string, unknown>): boolean => {
  const keys = new Set(Object.keys(job).map((key) => key.toLowerCase()))
  return systemFields.every((field) => keys.has(field))
}

const saysSomething = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? (value as { StateType?: unknown }).StateType !== 'Undefined'
    : value !== 0 && value !== '' && value !== null && value !== undefined

/** Meta the server added is added again for the new job. */
const withoutReserved = (meta: unknown): unknown =>
  typeof meta === 'object' && meta !== null
    ? Object.fromEntries(Object.entries(meta).filter(([key]) => !key.startsWith('bacalhau.org/')))
    : meta
