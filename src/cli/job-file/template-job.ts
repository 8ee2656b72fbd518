import { renderTemplate } from '#lib/template/render-template.ts'
import { doing, during } from '../shared/wrap-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Fills in the template of a job file with the variables that flags name. */
export async function fillTemplate(
  source: string,
  given: Readonly<Record<string, string>>,
  pattern: string,
  env: Environment,
): Promise<string> {
  const values = await during('failed to create template parser', templateValues(given, pattern, env))
  return doing('the job provided is invalid', () => renderTemplate(source, values))
}

/**
 * Variables of a template: those given, and under them those of the environment whose name matches the pattern (a Go
 * regular expression found anywhere in it; `*` alone is everything, empty nothing).
 */
export async function templateValues(
  given: Readonly<Record<string, string>>,
  pattern: string,
  env: Environment,
): Promise<Map<string, string>> {
  const matches = await nameMatcher(pattern)
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) if (value !== undefined && matches(name)) values.set(name, value)
  for (const [name, value] of Object.entries(given)) values.set(name, value)
  return values
}

async function nameMatcher(pattern: string): Promise<(name: string) => boolean> {
  if (pattern === '') return () => false
  if (pattern === '*') return () => true
  const { compileRegexp } = await import('#lib/regexp.ts')
  const { isIn } = doing('failed to compile environment variable pattern', () => compileRegexp(pattern))
  return isIn
}
