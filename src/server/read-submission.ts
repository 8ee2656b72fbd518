import { bindFault } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { readYaml, type YamlDocument } from '#lib/yaml/read-yaml.ts'
import { jobShape, submitShape } from '#models/job.schema.ts'
import type { Outline } from '#models/outline.ts'
import type { Path } from '#models/problem.ts'
import { Mismatch, Misread, type StructOf } from '#models/shape.schema.ts'
import { goSentence, misreadProblems } from '#models/shape-fault.schema.ts'
import { advice } from './advice.ts'
import { type RequestBody, readBody } from './read-body.ts'

type SubmitDraft = StructOf<typeof submitShape.fields>

const yamlType = /^(?:application|text)\/(?:x-)?yaml\b/i

/** A submission as clients send it, in JSON; or in YAML: the same document, or a job file as it is [R80]. */
export function readSubmission(body: RequestBody | undefined): SubmitDraft | undefined {
  if (body === undefined || !yamlType.test(body.contentType)) return readBody(body, submitShape)
  const document = readYaml(body.text)
  const { value } = document
  if (value === null) return undefined
  try {
    return hasJob(value) ? submitShape.decode(value) : { Job: jobShape.decode(value) }
  } catch (error) {
    if (error instanceof Misread) throw misreadFault(error, document, hasJob(value) ? submitShape : jobShape)
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
