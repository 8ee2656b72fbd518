import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missingParts } from '../system-parts.ts'

/** One line for each part of the system that is missing here: which tests are left out, and what adds it. */
export const missingPartLines = (env: NodeJS.ProcessEnv): string[] =>
  missingParts(env['PATH']).map(
    ({ name, neededBy }) => `left out: ${neededBy}; ${name} is not installed (npm run setup adds it)`,
  )

/** The recordings are not ours to add: where they are not, their suites are left out, and a line says so. */
export function missingRecordingLines(root: string, env: NodeJS.ProcessEnv): string[] {
  const goldens = env['BACALHAU_GOLDENS'] ?? join(root, '../shared/goldens')
  if (existsSync(goldens)) return []
  return ['left out: golden and vector suites; no recordings at BACALHAU_GOLDENS or ../shared/goldens']
}
