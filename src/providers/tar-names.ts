import { readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Begins what stands for a character; of those that Unicode leaves to private use. */
const mark = '\uF8FE'

/**
 * A path that the unpacker takes as it is. Of others it makes what they would be on Windows: `a\b` would be in a folder, `C:x`
 * would lose its beginning, and a name of blanks alone would be none. Different paths stay different.
 */
export const escapedPath = (path: string): string =>
  path
    .replaceAll(mark, `${mark}m`)
    .replaceAll('\\', `${mark}b`)
    .replace(/(^|\/)([a-zA-Z]):/g, `$1$2${mark}c`)
    .replace(/(^|\/)(?=\s+(?:\/|$))/g, `$1${mark}s`)

const meant: Readonly<Record<string, string>> = { m: mark, b: '\\', c: ':', s: '' }
const plainPath = (path: string): string =>
  path.replace(new RegExp(`${mark}([mbcs])`, 'g'), (_, each) => meant[each] ?? '')

/** Gives everything in a folder of an unpacked archive, and what its links lead to, the names that were escaped. */
export async function restoreNames(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await restoreNames(path)
    if (entry.isSymbolicLink()) await restoreLink(path)
    const name = plainPath(entry.name)
    if (name !== entry.name) await rename(path, join(folder, name))
  }
}

async function restoreLink(path: string): Promise<void> {
  const target = await readlink(path)
  if (plainPath(target) === target) return
  await rm(path)
  await symlink(plainPath(target), path)
}
