import { isUtf8 } from 'node:buffer'

/** As the system lists them, with names as bytes. */
type Listed = { name: Buffer; isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }
export type FolderEntry = { name: string; kind: 'file' | 'folder' | 'link' | 'other' }

/** Why what has such a name is left out: no archive, store or client could name it as its program did. */
export const badName = 'its name is not UTF-8'

/** Entries of a folder with names as texts. `onBadName` is told of names that are none, as nearly as they can be shown. */
export function folderEntries(entries: readonly Listed[], onBadName: (name: string) => void): FolderEntry[] {
  const named: FolderEntry[] = []
  for (const entry of entries) {
    const name = entry.name.toString()
    if (isUtf8(entry.name)) named.push({ name, kind: kindOf(entry) })
    else onBadName(name)
  }
  return named
}

function kindOf(entry: Listed): FolderEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
