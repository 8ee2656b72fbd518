import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is baked into the program: our release, the commit and its time. Outside a git checkout the commit is all zeros. */
export function buildFacts(root: string): { release: string; commit: string; date: string } {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const [commit, seconds] = lastCommit(root)
  return { release: version, commit, date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') }
}

function lastCommit(root: string): [hash: string, seconds: string] {
  try {
    const line = execFileSync('git', ['log', '-1', '--format=%H %ct'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return line.toString().trim().split(' ') as [string, string]
  } catch {
    return ['0'.repeat(40), '0']
  }
}
