import { bindFault } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { readYaml, type YamlDocument } from '#lib/yaml/read-yaml.ts'
import { strangerWarnings } from '#models/field-hint.schema.ts'
import { jobShape, submitShape } from '#models/job.schema.ts'
import type { Outline } from '#models/outline.ts'
import { mostTold, type Path } from '#models/problem.ts'
import { Mismatch, Misread, type StructOf } from '#models/shape.schema.ts'
import { goSentence, misreadProblems } from '#models/shape-fault.schema.ts'
import { strangeFields } from '#models/strange-fields.schema.ts'
import { advice } from './advice.ts'
import { type RequestBody, readBody } from './read-body.ts'

type SubmitDraft = StructOf<typeof submitShape.fields>

const yamlType = /^(?:application|text)\/(?:x-)?yaml\b/i

/** A submission as clients send it, in JSON; or in YAML: the same document, or a job file as it is [R80]. */
export function readSubmission(body: RequestBody | undefined): SubmitDraft & { warnings: string[] } {
  const strangers: (string | number)[][] = []
  if (body === undefined || !yamlType.test(body.contentType)) {
    const request = readBody(body, submitShape, strangers)
    return { ...request, warnings: strangerWarnings(strangers, submitShape) }
  }
  const document = readYaml(body.text)
  const { value } = document
  if (value === null) return { warnings: [] }
  const shape = hasJob(value) ? submitShape : jobShape
  const warnings = strangerWarnings(strangeFields(value, shape).slice(0, mostTold), shape)
  try {
    return hasJob(value) ? { ...submitShape.decode(value), warnings } : { Job: jobShape.decode(value), warnings }
  } catch (error) {
    if (error instanceof Misread) throw misreadFault(error, document, shape)
    throw error
  }
}

const hasJob = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.toLowerCase() === 'job')

function misreadFault(misread: Misread, document: YamlDocument, shape: Outline): Fault {
  const placeOf = (path: Path) => {
    const position = document.positionOf(path)
    return position && `line ${position.line}, column ${position.column}`
  }
  const told = misread instanceof Mismatch ? goSentence(misread) : bindFault(misread.message).message
  return new Fault('BadRequest', told, { component: 'APIServer', ...advice(misreadProblems(misread), shape, placeOf) })
}
