import { isAbsolute, join } from 'node:path'
import { compileGlob } from '#lib/glob.ts'
import { splitPattern } from '#lib/glob-pattern.ts'

/** One path or pattern of the operator; a read-write one serves read-only inputs too. */
export type AllowedPath = { pattern: string; isWritable: boolean }

/** `pattern[:ro|:rw]`; only the last suffix counts, and none means read-only [R182]. */
export function parseAllowedPath(entry: string): AllowedPath {
  const [, pattern, mode] = /^(.*?)(?::(ro|rw))?$/s.exec(entry.trim()) ?? []
  return { pattern: pattern ?? '', isWritable: mode === 'rw' }
}

/** Whether a path, free of links and dots, is one that the pattern names. */
export const matchesPattern = (pattern: string, path: string): boolean => pattern !== '' && compileGlob(pattern)(path)

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
