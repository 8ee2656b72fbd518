import { opendir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Half of what a path may have, which leaves enough for where the tree itself lies. */
const deepLength = 2000

/**
 * Removes a file, or a folder with all in it; what is not there is removed already. Programs can make folders deeper than any path can
 * name: those are brought up first.
 */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true })
  try {
    await remove()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
    await bringUp(path)
    await remove()
  }
}

/** Moves every folder that lies deep to the top, and those in it likewise. */
async function bringUp(root: string): Promise<void> {
  const waiting = [root]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of await opendir(folder)) {
      if (!entry.isDirectory()) continue
      const path = join(folder, entry.name)
      const isDeep = path.length - root.length > deepLength
      const place = isDeep ? join(root, crypto.randomUUID()) : path
      if (isDeep) await rename(path, place)
      waiting.push(place)
    }
  }
}
