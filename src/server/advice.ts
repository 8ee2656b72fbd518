import { detailsOf, hintsFor } from '#models/field-hint.schema.ts'
import type { Outline } from '#models/outline.ts'
import type { Path, Problem } from '#models/problem.ts'

/** What an answer says beside the message: where the problems are, and what may stand there. */
export function advice(problems: readonly Problem[], root: Outline, placeOf?: (path: Path) => string | undefined) {
  const lines = hintsFor(problems.slice(0, mostHints), root, placeOf)
  return {
    ...(lines.length > 0 && { hint: lines.map((line) => line.replace(/\.$/, '')).join('; ') }),
    details: detailsOf(problems, root),
  }
}

const mostHints = 5
