import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killProcessesOf } from './processes-of.ts'

const prefix = 'bacalhau-engine-'

/**
 * A folder for an engine of this process, as its name tells. What the engines of processes that were killed have left is ended and
 * removed first: containers go on without their engine.
 */
export async function engineFolder(): Promise<string> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) await removeForsaken(name)
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
}

/** Removes the folder of an engine that has ended. */
export function removeEngineFolder(dir: string): void {
  unmountBelow(dir)
  rmSync(dir, { recursive: true, force: true })
}

async function removeForsaken(name: string): Promise<void> {
  const [, owner, rest] = /^(\d+)-(\w+)$/.exec(name.slice(prefix.length)) ?? []
  if (!owner || existsSync(`/proc/${owner}`)) return
  const dir = join(tmpdir(), name)
  await killProcessesOf(dir)
  const taken = join(tmpdir(), `${prefix}${process.pid}-${rest}`)
  try {
    renameSync(dir, taken)
  } catch (error) {
    // Another process that starts an engine has it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  removeEngineFolder(taken)
}

/** Daemons keep namespaces mounted once containers have used them, and more when they are killed. */
function unmountBelow(dir: string): void {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const path of mounted.filter((each) => each.startsWith(`${dir}/`)).reverse()) spawnSync('umount', ['-q', path])
}
