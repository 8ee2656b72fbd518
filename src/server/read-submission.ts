import { bindFault } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { readYaml, type YamlDocument } from '#lib/yaml/read-yaml.ts'
import { jobShape, submitShape } from '#models/job.schema.ts'
import { Mismatch, type StructOf, Unreadable } from '#models/shape.schema.ts'
import { goSentence } from '#models/shape-fault.schema.ts'
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
    if (error instanceof Unreadable) throw bindFault(error.message)
    if (error instanceof Mismatch) throw mismatchFault(error, document)
    throw error
  }
}

const hasJob = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.toLowerCase() === 'job')

function mismatchFault(mismatch: Mismatch, document: YamlDocument): Fault {
  const position = document.positionOf(mismatch.path)
  return new Fault('BadRequest', goSentence(mismatch), {
    component: 'APIServer',
    ...(position && { hint: `Look at line ${position.line}, column ${position.column} of the YAML text.` }),
  })
}
