import { isUtf8 } from 'node:buffer'
import type { Dirent } from 'node:fs'

export type FolderEntry = { name: string; kind: 'file' | 'folder' | 'link' | 'other' }

/** Why what has such a name is left out: no archive, store or client could name it as its program did. */
export const badName = 'its name is not UTF-8'

/** Entries of a folder with names as texts. `onBadName` is told of names that are none, as nearly as they can be shown. */
export function folderEntries(entries: readonly Dirent<Buffer>[], onBadName: (name: string) => void): FolderEntry[] {
  const named: FolderEntry[] = []
  for (const entry of entries) {
    const name = entry.name.toString()
    if (isUtf8(entry.name)) named.push({ name, kind: kindOf(entry) })
    else onBadName(name)
  }
  return named
}

function kindOf(entry: Dirent<Buffer>): FolderEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
