import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree } from './remove-tree.ts'

/** Removes from a folder what `isWanted` does not name, and folders that are empty then; gives how many names are left. */
export async function keepOnly(root: string, isWanted: (name: string) => boolean, below = ''): Promise<number> {
  const folders: string[] = []
  let keptCount = 0
  for await (const entry of await opendir(join(root, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (isWanted(name)) keptCount++
    else if (entry.isDirectory()) folders.push(name)
    else await removeTree(join(root, name))
  }
  for (const folder of folders) {
    const insideCount = await keepOnly(root, isWanted, folder)
    if (insideCount === 0) await removeTree(join(root, folder))
    keptCount += insideCount
  }
  return keptCount
}
