import type { Dirent, Stats } from 'node:fs'

/** File types of WASI preview 1. */
export const fileType = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const

export function fileTypeOf(entry: Pick<Stats | Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'> & Devices): number {
  if (entry.isDirectory()) return fileType.directory
  if (entry.isFile()) return fileType.regularFile
  if (entry.isSymbolicLink()) return fileType.symbolicLink
  if (entry.isCharacterDevice()) return fileType.characterDevice
  if (entry.isBlockDevice()) return fileType.blockDevice
  return entry.isSocket() ? fileType.socketStream : fileType.unknown
}

type Devices = { isCharacterDevice(): boolean; isBlockDevice(): boolean; isSocket(): boolean }
