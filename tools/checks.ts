import { ProgramFailed, run } from './run.ts'

export type Check = { name: string; command: string; args: string[] }

/** What judges the sources without running them. `tidy` is a test file: the unit ring has it too. */
export const checks: Check[] = [
  { name: 'types', command: 'tsc', args: ['-b'] },
  { name: 'lint', command: 'oxlint', args: ['--deny-warnings'] },
  { name: 'format', command: 'biome', args: ['check', '--max-diagnostics=50', '.'] },
  { name: 'unused', command: 'knip', args: [] },
]

/** Runs checks side by side; prints one line for each, and for a failing one what it said. Returns those that failed. */
export async function runChecks(list: Check[], root: string): Promise<Check[]> {
  const failed = await Promise.all(list.map((check) => hasFailed(check, root)))
  return list.filter((_, index) => failed[index])
}

async function hasFailed({ name, command, args }: Check, root: string): Promise<boolean> {
  const started = performance.now()
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  try {
    await run(command, args, { cwd: root })
    console.log(`check ${name}: passed (${took()})`)
    return false
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error
    console.log(`check ${name}: failed (${took()})\n${error.message}`)
    return true
  }
}
