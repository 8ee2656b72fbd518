import { isAbsolute, join, normalize } from 'node:path'
import { Fault } from '#lib/fault.ts'

const refused = (message: string): Fault => new Fault('ValidationError', message, { component: 'Config' })

/** The data folder as an absolute path; `~` is the home directory. Anything else that is not absolute is refused. */
export function absoluteDataDir(path: string, home: string): string {
  if (path === '') throw refused('data dir path is empty')
  if (path.includes('$')) throw refused(`data dir path "${path}" contains a '$' character`)
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
  if (!isAbsolute(expanded)) throw refused(`data dir path "${path}" is not an absolute path`)
  return normalize(expanded)
}
