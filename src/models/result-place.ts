import { splitPattern } from '#lib/glob-pattern.ts'

/**
 * What the Path of a result path means: the folder that the program writes to, and the pattern of what is published of it, relative
 * to that folder; '' = all. `/outputs/*.csv` is the folder `/outputs` and the pattern `*.csv`.
 */
export function placeOf(path: string): { folder: string; pattern: string } {
  const { base, rest } = splitPattern(path)
  const parts = rest.split('/').filter((part) => part !== '' && part !== '.')
  return { folder: base, pattern: parts.join('/') }
}
