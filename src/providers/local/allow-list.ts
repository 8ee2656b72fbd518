import { isAbsolute, join, sep } from 'node:path'
import picomatch from 'picomatch'

/** One path or pattern of the operator; a read-write one serves read-only inputs too. */
export type AllowedPath = { pattern: string; isWritable: boolean }

/** `pattern[:ro|:rw]`; only the last suffix counts, and none means read-only [R182]. */
export function parseAllowedPath(entry: string): AllowedPath {
  const [, pattern, mode] = /^(.*?)(?::(ro|rw))?$/s.exec(entry.trim()) ?? []
  return { pattern: pattern ?? '', isWritable: mode === 'rw' }
}

/** `posix` is for `[!a]`, which would else be the opposite of what it says. */
const globs = { dot: true, nonegate: true, noextglob: true, strictSlashes: false, posix: true }

/** Outside of classes these mean themselves, but picomatch would read them as a regular expression. */
const withoutRegexps = (pattern: string): string =>
  pattern.replace(/\\.|\[[^\]]*\]|[()|"]/gs, (part) => (part.length > 1 ? part : `\\${part}`))

/** Whether a path, free of links and dots, is one that the pattern names (doublestar globs). */
export function matchesPattern(pattern: string, path: string): boolean {
  return pattern !== '' && (pattern === path || picomatch(withoutRegexps(pattern), globs)(path))
}

/** The folders of a pattern before its first wildcard, and the rest. */
export function splitPattern(pattern: string): { base: string; rest: string } {
  const parts = pattern.split(sep)
  const first = parts.findIndex((part) => /[*?[\]{}\\]/.test(part))
  if (first < 0) return { base: pattern, rest: '' }
  return { base: parts.slice(0, first).join(sep), rest: parts.slice(first).join(sep) }
}

/** The same pattern with its base replaced by where that really is; wildcards in the new base mean themselves. */
export function rebased(rest: string, realBase: string): string {
  const literal = realBase.replace(/[*?[\]{}\\!()]/g, '\\$&')
  return rest === '' ? literal : join(literal, rest)
}

export type AccessNeeded = { path: string; isWritable: boolean }
export type Access = 'granted' | 'read-only' | 'denied'

/**
 * What the operator grants on a real path. `realPathOf` says where the fixed part of a pattern really is: the operator may put
 * links there. Several entries may match; any sufficient one wins.
 */
export async function accessTo(
  needed: AccessNeeded,
  allowed: readonly AllowedPath[],
  realPathOf: (path: string) => Promise<string | undefined>,
): Promise<Access> {
  if (!isAbsolute(needed.path)) return 'denied'
  let found: Access = 'denied'
  for (const entry of allowed) {
    if (!(await isMatch(entry.pattern, needed.path, realPathOf))) continue
    if (entry.isWritable || !needed.isWritable) return 'granted'
    found = 'read-only'
  }
  return found
}

async function isMatch(
  pattern: string,
  path: string,
  realPathOf: (path: string) => Promise<string | undefined>,
): Promise<boolean> {
  if (matchesPattern(pattern, path)) return true
  const { base, rest } = splitPattern(pattern)
  const realBase = base === '' ? undefined : await realPathOf(base)
  return realBase !== undefined && realBase !== base && matchesPattern(rebased(rest, realBase), path)
}
