import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { OnLeftOut } from '#contracts/archive.ts'
import { badName, folderEntries } from '#lib/folder-entries.ts'

/** Every plain file below a folder, by its name relative to it; links are neither followed nor sent. */
export async function filesBelow(
  directory: string,
  onLeftOut: OnLeftOut = () => {},
): Promise<{ name: string; path: string }[]> {
  const files: { name: string; path: string }[] = []
  const waiting = [directory]
  // Node's own way to read all levels follows links to folders.
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const below = (name: string) => relative(directory, join(folder, name))
    const found = await readdir(folder, { withFileTypes: true, encoding: 'buffer' })
    for (const { name, kind } of folderEntries(found, (each) => onLeftOut(below(each), badName))) {
      const path = join(folder, name)
      if (kind === 'folder') waiting.push(path)
      else if (kind === 'file') files.push({ name: below(name), path })
      else onLeftOut(below(name), kind === 'link' ? 'it is a link' : 'it is neither a file nor a folder')
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}
