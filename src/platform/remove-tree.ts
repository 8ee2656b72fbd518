import { lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises'
import { byteEntries, inside, namesAsBytes } from '#lib/byte-path.ts'

/** Half of what a path may have, which leaves enough for where the tree itself lies. */
const deepLength = 2000

/** Files that are removed at a time: each that waits for its turn takes memory. */
const mostAtOnce = 64

/**
 * Removes a file, or a folder with all in it; what is not there is removed already. Programs can make folders deeper than any path can
 * name: those are brought up first. And names that are no text: paths are bytes here.
 */
export async function removeTree(path: string): Promise<void> {
  const root = Buffer.from(path)
  try {
    await remove(root)
  } catch (error) {
    if (codeOf(error) !== 'ENAMETOOLONG') throw error
    await bringUp(root)
    await remove(root)
  }
}

async function remove(path: Buffer): Promise<void> {
  const found = await lstat(path).catch(unlessGone)
  if (found?.isDirectory()) await removeFolder(path)
  else if (found) await unlink(path).catch(unlessGone)
}

/** Node's own way begins with all files of a folder at once, and takes 1.5 KB for each. */
async function removeFolder(folder: Buffer): Promise<void> {
  // What is removed while a folder is read may hide what else is in it.
  while (await removeEntries(folder));
  await rmdir(folder).catch(unlessGone)
}

/** Whether there were any. No folder is open while those in it are removed: there may be more levels than a process has handles. */
async function removeEntries(folder: Buffer): Promise<boolean> {
  const folders: Buffer[] = []
  const files: Buffer[] = []
  const removeFiles = () => Promise.all(files.splice(0).map((path) => unlink(path).catch(unlessGone)))
  let hasAny = false
  for await (const entry of await openFolder(folder)) {
    hasAny = true
    const path = inside(folder, entry.name)
    if (entry.isDirectory()) folders.push(path)
    else if (files.push(path) === mostAtOnce) await removeFiles()
  }
  await removeFiles()
  for (const path of folders) await removeFolder(path)
  return hasAny
}

const openFolder = async (path: Buffer) => byteEntries(await opendir(path, namesAsBytes))

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

/** Moves every folder that lies deep to the top, and those in it likewise. */
async function bringUp(root: Buffer): Promise<void> {
  const waiting = [root]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of await openFolder(folder)) {
      if (!entry.isDirectory()) continue
      const path = inside(folder, entry.name)
      const isDeep = path.length - root.length > deepLength
      const place = isDeep ? inside(root, Buffer.from(crypto.randomUUID())) : path
      if (isDeep) await rename(path, place)
      waiting.push(place)
    }
  }
}
