import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type RingResult, readRing } from './ring-result.ts'

export const rings = ['unit', 'contract', 'wire', 'sim', 'e2e'] as const

/** Runs one ring; failures are printed as they are, the rest as dots. */
export async function runRing(ring: string, root: string, env: NodeJS.ProcessEnv): Promise<RingResult> {
  const reportFile = join(root, '.cache/test', `${ring}.json`)
  mkdirSync(join(root, '.cache/test'), { recursive: true })
  rmSync(reportFile, { force: true })
  console.log(`\nring ${ring}`)
  const args = ['run', '--project', ring, '--passWithNoTests', '--reporter=dot', '--reporter=json']
  const exitCode = await vitest([...args, `--outputFile.json=${reportFile}`], root, env)
  return readRing(ring, reportFile, exitCode)
}

function vitest(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined }
    const child = spawn('vitest', args, { cwd, env: { ...env, ...colour }, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
