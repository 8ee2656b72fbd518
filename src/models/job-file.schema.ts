import { Fault } from '#lib/fault.ts'
import { compareGoStrings } from '#lib/go/fmt-value.ts'
import { isRawNumber } from '#lib/json/raw-number.ts'
import { type JobDraft, jobShape } from './job.schema.ts'
import type { Outline } from './outline.ts'
import { fold, kindOf, Mismatch, Unreadable } from './shape.schema.ts'

const systemFields = new Set(['id', 'state', 'version', 'revision', 'createtime', 'modifytime'])
const known = new Set(Object.keys(jobShape.fields).map(fold))

/** What is wrong with a job file; `path` leads to the value (keys as written, places in lists), for line and column. */
export type JobFileMistake = { path: readonly (string | number)[] }

/**
 * Reads the value of a job file (YAML or JSON, parsed). Stricter than the API: fields that only the system writes and
 * unknown ones at the top are refused, all at once. Null is no job (undefined). Throws a Fault ValidationError whose
 * `cause` is a list of JobFileMistake, in the order of the lines of its message.
 */
export function decodeJobFile(value: unknown): JobDraft | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refused([`json: cannot unmarshal ${kindOf(value)} into Go value of type map[string]interface {}`], [[]])
  }
  const system = Object.keys(value).filter((key) => systemFields.has(fold(key)))
  const unknown = Object.keys(value).filter((key) => !known.has(fold(key)))
  if (system.length + unknown.length > 0) {
    const sentences = [
      ...system.map((key) => `field: '${key}' in 'Job' is not allowed`),
      ...unknown.map((key) => `unknown field: '${key}' in 'Job'`),
    ]
    throw refused(
      sentences,
      [...system, ...unknown].map((key) => [key]),
    )
  }
  try {
    return jobShape.decode(inKeyOrder(value))
  } catch (error) {
    // It does not know its place; the top of the file would be a wrong one.
    if (error instanceof Unreadable) throw refused([error.message], [])
    if (!(error instanceof Mismatch)) throw error
    const { fields, struct, kind, goType, path } = error
    throw refused(
      [`field: '${fields.join('.')}' in '${struct}' is invalid type: '${kind}' expected: '${goType}'`],
      [path],
    )
  }
}

/** On its way from YAML to JSON the reference sorts keys: so count those that differ in case only, and so mistakes are found. */
function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder)
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => compareGoStrings(a, b))
  return Object.fromEntries(entries.map(([key, each]) => [key, inKeyOrder(each)]))
}

/**
 * Where a job file has fields that mean nothing: a misspelt one would silently change what runs. The API passes them
 * over below the top, as the reference does in both.
 */
export function strangeFields(value: unknown, { item, fields }: Outline = jobShape): (string | number)[][] {
  if (Array.isArray(value) && item) {
    return value.flatMap((each, at) => strangeFields(each, item).map((path) => [at, ...path]))
  }
  if (typeof value !== 'object' || value === null || !fields) return []
  const byName = new Map(Object.entries(fields).map(([name, outline]) => [fold(name), outline]))
  return Object.entries(value).flatMap(([key, each]): (string | number)[][] => {
    const outline = byName.get(fold(key))
    return outline ? strangeFields(each, outline).map((path) => [key, ...path]) : [[key]]
  })
}

const refused = (sentences: readonly string[], paths: readonly (readonly (string | number)[])[]): Fault =>
  new Fault('ValidationError', sentences.join('\n'), { cause: paths.map((path): JobFileMistake => ({ path })) })
