import { join } from 'node:path'
import { run } from '../run.ts'

/** What is run so that V8 compiles what users run most; each must succeed, so this is the first smoke test as well. */
const recorded = [['--help'], ['version', '--client']]

export async function recordCaches(root: string, chunks: string, caches: string): Promise<void> {
  const recorder = join(root, 'tools/executable/record.ts')
  for (const args of recorded) await run(process.execPath, [recorder, chunks, caches, ...args], { cwd: root })
}
