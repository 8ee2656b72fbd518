import { type Problem, problemAt } from './problem.ts'
import { Mismatch, type Misread } from './shape.schema.ts'

/** What Go says about a value of the wrong kind. Other errors say it themselves. */
export function goSentence(error: Error): string {
  if (!(error instanceof Mismatch)) return error.message
  const { kind, goType, struct, fields } = error
  const where = fields.length === 0 ? 'Go value' : `Go struct field ${struct}.${fields.join('.')}`
  return `json: cannot unmarshal ${kind} into ${where} of type ${goType}`
}

/** All that could not be read, the first in Go first. */
export const misreadProblems = (misread: Misread): Problem[] =>
  [misread, ...misread.others].map((each) => problemAt(goSentence(each), ...each.path))
