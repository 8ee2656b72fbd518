import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Adds the optional packages of other platforms that npm leaves out of the lockfile when a registry does not serve them;
 * without them `npm ci` refuses the lockfile. Their platform is in their name. Run it after `npm install` when tidy says so.
 */
type Locked = { dev?: boolean; optionalDependencies?: Record<string, string> } & Record<string, unknown>

const file = join(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> }

for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (lock.packages[`${path}/node_modules/${name}`]) continue
    lock.packages[`node_modules/${name}`] ??= {
      version: range.replace(/^[~^]/, ''),
      ...platformOf(name),
      ...(dev && { dev }),
      optional: true,
    }
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)

function platformOf(name: string): { cpu?: string[]; os?: string[] } {
  const [, os, cpu] = /(android|darwin|freebsd|linux|openharmony|win32|wasm32)(?:-([a-z0-9]+))?/.exec(name) ?? []
  if (!os) return {}
  return os === 'wasm32' ? { cpu: [os] } : { os: [os], ...(cpu && { cpu: [cpu] }) }
}
