import { Fault } from '#lib/fault.ts'
import { readYaml, type YamlDocument } from '#lib/yaml/read-yaml.ts'
import { detailsOf, hintsFor, knownPath } from '#models/field-hint.schema.ts'
import { jobShape } from '#models/job.schema.ts'
import type { JobSpec } from '#models/job.ts'
import { readJobFile } from '#models/job-file.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { jobProblems } from '#models/job-problems.schema.ts'
import { sanitizeJob } from '#models/job-sanitize.schema.ts'
import { isPublisherNeeded } from '#models/job-validate.schema.ts'
import { idleParts, idleText } from '#models/job-warnings.schema.ts'
import { isSamePart, mostTold, type Path, type Problem, problemText } from '#models/problem.ts'
import { fold } from '#models/shape.schema.ts'
import { jsonComment } from './json-comment.ts'
import { unplaced, type Warning } from './warning.ts'

export type ParsedJob = { readonly spec: JobSpec; readonly id: string; readonly warnings: readonly Warning[] }

/**
 * A job from the text of a job file: YAML or JSON, read strictly, with defaults filled in and checked as the server
 * will check it. Also takes what `job describe` and `--dry-run` print. Throws a Fault ValidationError with all that is
 * wrong, whose hint says where to look. `mayLackPublisher`: the orchestrator is asked next, which may have one to give.
 */
export function parseJob(text: string, { mayLackPublisher = false } = {}): ParsedJob {
  const document = read(text)
  const described = jobOfDescription(document.value)
  const value = described?.job ?? document.value
  const { draft = {}, problems } = readJobFile(value)
  if (value === null || value === undefined) throw new Fault('ValidationError', 'empty/nil job')
  const spec = normalizeJob(draft, { defaultNetwork: 'None' })
  const misread = problems.map((each) => ({ ...each, path: knownPath(each.path, jobShape) }))
  const others = jobProblems(spec, draft.ID).filter(({ path }) => !misread.some((each) => isSamePart(each.path, path)))
  const all = [...misread, ...others]
  const placeOf = (path: Path) => placeIn(document, described?.path ?? [], path)
  if (all.length > 0 && !(mayLackPublisher && all.every(isPublisherNeeded))) throw refused(all, placeOf)
  const sane = sanitizeJob(draft, spec)
  const repeated = document.repeated
    .slice(0, mostTold)
    .map(
      ({ key, line, column }) =>
        `${key} stands once more in line ${line}, column ${column}: the one before has no effect`,
    )
  const idle = idleParts(sane.spec).map((part) => ({
    plain: idleText(part),
    placed: idleText(part, placeOf(part.path)),
  }))
  return {
    ...sane,
    warnings: [...[...(described?.warnings ?? []), ...repeated, ...sane.warnings].map(unplaced), ...idle],
  }
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

function refused(problems: readonly Problem[], placeOf: (path: Path) => string | undefined): Fault {
  const lines = hintsFor(problems, jobShape, placeOf)
  const hint = lines.length > 1 ? ['see', ...lines].join('\n       ') : lines[0]
  return new Fault('ValidationError', problemText(problems), {
    ...hintOf(hint),
    details: detailsOf(problems, jobShape),
  })
}

/** Where a part stands, or what it is missing from; names are found whatever their case. */
function placeIn(document: YamlDocument, prefix: readonly string[], path: Path): string | undefined {
  const written: (string | number)[] = []
  let value: unknown = document.value
  for (const step of [...prefix, ...path]) {
    if (typeof value !== 'object' || value === null) break
    const key = Object.keys(value).findLast((each) => fold(each) === fold(String(step)))
    if (key === undefined) break
    value = (value as Record<string, unknown>)[key]
    written.push(typeof step === 'number' ? step : key)
  }
  const position = written.length === 0 ? undefined : document.positionOf(written)
  return position && `line ${position.line}, column ${position.column}`
}

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
