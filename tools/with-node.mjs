// Runs a tool under the project's own Node: `node tools/with-node.mjs tools/test.ts ARG…`.
// Plain JavaScript for the old Node a machine may have; it installs what package-lock.json names when that is missing.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules/.bin')

const started = Date.now()
if (!isInstalled()) install()
runUnderOwnNode(['--conditions=source', ...process.argv.slice(2)], Date.now() - started)

/** Whether node_modules has every package of the lockfile in its version; optional ones may be absent. */
function isInstalled() {
  const wanted = lockedPackages(join(root, 'package-lock.json'))
  const present = lockedPackages(join(root, 'node_modules/.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    const there = present[path]
    return path === '' || (there ? there.version === version : Boolean(optional || devOptional))
  })
}

function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined
}

/** `npm ci`, its output on stderr so that a tool's own output stays clean. */
function install() {
  console.error('Installing the packages of package-lock.json (first run or changed lockfile) …')
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund']
  const npm = process.env.npm_execpath
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
  const { status, error } = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  console.error(`npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}. Fix that and run this again.`)
  process.exit(1)
}

/** Node from node_modules/.bin; a platform it has no package for needs Node 24 or newer of its own. */
function runUnderOwnNode(args, installMs) {
  const own = join(bin, 'node')
  if (!existsSync(own) && Number(process.versions.node.split('.')[0]) < 24) {
    console.error(`No Node for ${process.platform} ${process.arch} comes with this project: install Node 24 or newer.`)
    process.exit(1)
  }
  const env = { ...process.env, PATH: bin + delimiter + process.env.PATH, INSTALL_MS: String(installMs) }
  const child = spawn(existsSync(own) ? own : process.execPath, args, { cwd: root, stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}
