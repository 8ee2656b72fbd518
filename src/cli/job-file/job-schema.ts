import { jobShape } from '#models/job.schema.ts'
import type { JsonSchema } from '#models/outline.ts'
import { SchemaWriter } from '#models/schema-writer.ts'

/**
 * What may stand in a job file, as JSON Schema 2020-12: for editors, and for checking files without this program. It
 * knows the names in the spelling in which jobs are shown; `job validate` takes them in any case. That limits add up and
 * aliases differ only `job validate` can say.
 */
export function jobFileSchema(): JsonSchema {
  const writer = new SchemaWriter({ use: 'taken', base: '#/$defs/', isClosed: true })
  writer.write(jobShape)
  const { Job, ...$defs } = writer.definitions
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Bacalhau job',
    description: 'A job file for `bacalhau job run`, in YAML or JSON.',
    ...Job,
    $defs,
  }
}
