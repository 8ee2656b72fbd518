import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { missingParts } from './system-parts.ts'

/**
 * `npm run setup`: installs what the tests use of the system (Debian and its children, as root or with sudo).
 * What is there already is left alone, so it may be run again at any time.
 */
const missing = missingParts()
const packages = missing.flatMap((part) => part.packages)

if (missing.length === 0) console.log('Everything the tests use is installed.')
else if (!existsSync('/usr/bin/apt-get')) explainElsewhere()
else if (process.getuid?.() !== 0 && !existsSync('/usr/bin/sudo')) fail('Not root, and no sudo here')
else install()

function install(): void {
  console.log(`Installing ${packages.join(' ')} …`)
  apt(['update', '-q'])
  if (!apt(['install', '-q', '-y', '--no-install-recommends', ...packages])) fail('apt-get failed')
  const still = missingParts()
  if (still.length > 0) fail(`Still missing: ${still.map((part) => part.name).join(', ')}`)
}

function apt(args: string[]): boolean {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  const [command, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args] as [
    string,
    ...string[],
  ]
  return spawnSync(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function explainElsewhere(): void {
  for (const part of missing) console.log(`${part.name} (${part.programs.join(', ')}): ${part.neededBy}`)
  fail('This is not Debian: install the above by hand')
}

function fail(why: string): void {
  console.error(`${why}. On Debian: apt-get install ${packages.join(' ')}`)
  process.exitCode = 1
}
