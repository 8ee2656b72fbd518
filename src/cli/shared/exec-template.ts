import type { SpecConfig } from '#models/spec-config.ts'

type Template = { readonly name: string; readonly params: (version: string) => Record<string, unknown> }

/** Job types by name: what is filled into the job. */
const templates: Readonly<Record<string, Template>> = {
  duckdb: { name: 'DuckDB', params: () => ({}) },
  python: { name: 'Python', params: (version) => ({ Version: version || '3.11' }) },
}

/** The name and engine of a job of this type. Throws an Error that lists the types. */
export function execTemplate(
  jobType: string,
  words: readonly string[],
  version: string,
): { name: string; engine: SpecConfig } {
  const type = jobType.toLowerCase()
  const template = Object.hasOwn(templates, type) ? templates[type] : undefined
  if (!template) {
    const known = Object.keys(templates).map((each) => `  * ${each}\n`)
    throw new Error(`the job type '${jobType}' is not supported.\nSupported types:\n${known.join('')}`)
  }
  return {
    name: template.name,
    engine: { Type: type, Params: { ...template.params(version), Command: jobType, Arguments: [...words] } },
  }
}
