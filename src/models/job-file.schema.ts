import { compareGoStrings } from '#lib/go/fmt-value.ts'
import { isRawNumber } from '#lib/json/raw-number.ts'
import { type JobDraft, jobShape } from './job.schema.ts'
import { asFurther, type Problem, problemAt } from './problem.ts'
import { fold, kindOf, Mismatch, Misread } from './shape.schema.ts'
import { strangeFields } from './strange-fields.schema.ts'

const systemFields = new Set(['id', 'state', 'version', 'revision', 'createtime', 'modifytime'])

/** What could be read of a job file, and what is wrong with the rest, the reference's sentences first. */
export type JobFile = { draft?: JobDraft; problems: readonly Problem[] }

/**
 * Reads the value of a job file (YAML or JSON, parsed). Stricter than the API: fields that only the system writes and
 * unknown ones are refused. Null is no job. Paths have keys as they were written.
 */
export function readJobFile(value: unknown): JobFile {
  if (value === null || value === undefined) return { problems: [] }
  if (typeof value !== 'object' || Array.isArray(value)) {
    const text = `json: cannot unmarshal ${kindOf(value)} into Go value of type map[string]interface {}`
    return { problems: [problemAt(text)] }
  }
  const system = Object.keys(value).filter((key) => systemFields.has(fold(key)))
  const strange = strangeFields(value, jobShape)
  const { draft, misread } = decoded(value)
  const problems = [
    ...system.map((key) => problemAt(`field: '${key}' in 'Job' is not allowed`, key)),
    ...strange.filter((path) => path.length === 1).map(unknownField),
    ...misread,
    ...strange.filter((path) => path.length > 1).map((path) => asFurther(unknownField(path))),
  ]
  // The reference looks at values only where it knows all names, and ends at the first.
  const told = system.length + strange.filter((path) => path.length === 1).length || 1
  return { draft, problems: problems.map((problem, at) => (at < told ? problem : asFurther(problem))) }
}

const unknownField = (path: (string | number)[]): Problem => {
  const names = path.filter((step) => typeof step === 'string')
  return problemAt(`unknown field: '${names.join('.')}' in 'Job'`, ...path)
}

function decoded(value: object): { draft: JobDraft; misread: readonly Problem[] } {
  try {
    return { draft: jobShape.decode(inKeyOrder(value)), misread: [] }
  } catch (error) {
    if (!(error instanceof Misread)) throw error
    return { draft: (error.partial ?? {}) as JobDraft, misread: [error, ...error.others].map(misreadProblem) }
  }
}

function misreadProblem(error: Misread): Problem {
  if (!(error instanceof Mismatch)) return problemAt(error.message, ...error.path)
  const { fields, struct, kind, goType, path } = error
  const text = `field: '${fields.join('.')}' in '${struct}' is invalid type: '${kind}' expected: '${goType}'`
  return problemAt(text, ...path)
}

/** On its way from YAML to JSON the reference sorts keys: so count those that differ in case only, and so mistakes are found. */
function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder)
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => compareGoStrings(a, b))
  return Object.fromEntries(entries.map(([key, each]) => [key, inKeyOrder(each)]))
}
