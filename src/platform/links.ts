import { readlink, rename, symlink } from 'node:fs/promises'
import { shortLivedRandom } from './random.ts'

/** What a symbolic link says; undefined where there is none. */
export async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Makes a symbolic link, or points the one that is there elsewhere, in one step. */
export async function replaceLink(path: string, target: string): Promise<void> {
  const draft = `${path}.${shortLivedRandom.uuid()}.tmp`
  await symlink(target, draft)
  await rename(draft, path)
}
