import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Fault } from '#lib/fault.ts'

/** Every plain file below a folder, by its name relative to it; links are neither followed nor sent. */
export async function filesBelow(directory: string): Promise<{ name: string; path: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { name: checkedName(relative(directory, path)), path }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A key takes 1024 bytes of UTF-8. */
function checkedName(name: string): string {
  if (!name.includes('\uFFFD')) return name
  throw new Fault('BadRequest', `the result has a file whose name is not UTF-8, near ${JSON.stringify(name)}`, {
    details: { FailureClass: 'user' },
  })
}
