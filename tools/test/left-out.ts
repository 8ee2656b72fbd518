import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missingParts } from '../system-parts.ts'

/** One line for each thing that is missing here: which tests are left out, and what adds it. */
export function leftOut(root: string, env: NodeJS.ProcessEnv): string[] {
  const parts = missingParts(env['PATH']).map(
    ({ name, neededBy }) => `left out: ${neededBy}; ${name} is not installed (npm run setup adds it)`,
  )
  const goldens = env['BACALHAU_GOLDENS'] ?? join(root, '../shared/goldens')
  if (existsSync(goldens)) return parts
  return [...parts, 'left out: golden and vector suites; no recordings at BACALHAU_GOLDENS or ../shared/goldens']
}
