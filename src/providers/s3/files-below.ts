import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { OnLeftOut } from '#contracts/archive.ts'
import { Fault } from '#lib/fault.ts'

/** Every plain file below a folder, by its name relative to it; links are neither followed nor sent. */
export async function filesBelow(
  directory: string,
  onLeftOut: OnLeftOut = () => {},
): Promise<{ name: string; path: string }[]> {
  const files: { name: string; path: string }[] = []
  const waiting = [directory]
  // Node's own way to read all levels follows links to folders.
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const name = checkedName(relative(directory, path))
      if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile()) files.push({ name, path })
      else onLeftOut(name, entry.isSymbolicLink() ? 'it is a link' : 'it is neither a file nor a folder')
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A key takes 1024 bytes of UTF-8. */
function checkedName(name: string): string {
  if (!name.includes('\uFFFD')) return name
  throw new Fault('BadRequest', `the result has a file whose name is not UTF-8, near ${JSON.stringify(name)}`, {
    details: { FailureClass: 'user' },
  })
}
