import { type Dirent, lstatSync, opendirSync } from 'node:fs'
import type { FolderDescriptor, FolderEntry } from './descriptor-table.ts'
import { errno, errnoOf, fail } from './errno.ts'
import type { FileStats } from './file-stat.ts'
import { fileType, fileTypeOf } from './file-type.ts'
import { pathBelow, pathOf } from './host-file.ts'
import type { TreeNode } from './mount-tree.ts'
import type { Folder } from './walk.ts'

const headerBytes = 24
const entryLimit = 1_000_000
const dots: readonly FolderEntry[] = ['.', '..'].map((name) => ({ name, type: fileType.directory }))

/**
 * `fd_readdir`: fills the buffer from the entry `cookie` on and returns the bytes used; less than the buffer = the end.
 * The last entry may be cut, as the interface wants it. The listing is taken anew each time it is read from its start.
 */
export function readFolder(stats: FileStats, descriptor: FolderDescriptor, cookie: bigint, buffer: Uint8Array): number {
  const sizeBytes = buffer.byteLength
  const entries = (cookie === 0n ? undefined : descriptor.entries) ?? [...dots, ...listFolder(descriptor.folder)]
  descriptor.entries = entries
  let used = 0
  for (let index = Number(cookie); index < entries.length && used < sizeBytes; index += 1) {
    const entry = entries[index] as FolderEntry
    const record = recordOf(entry, index + 1, numberOf(stats, descriptor.folder, entry.name))
    const taken = record.subarray(0, sizeBytes - used)
    buffer.set(taken, used)
    used += taken.length
  }
  return used
}

function recordOf(entry: FolderEntry, next: number, inode: bigint): Buffer {
  const record = Buffer.alloc(headerBytes + entry.name.length)
  record.writeBigUInt64LE(BigInt(next), 0)
  record.writeBigUInt64LE(inode, 8)
  record.writeUInt32LE(entry.name.length, 16)
  record.writeUInt8(entry.type, 20)
  record.write(entry.name, headerBytes, 'latin1')
  return record
}

/** The inode's number; 0 for what is above, which may be none of the guest's, and for what has gone. */
function numberOf(stats: FileStats, folder: Folder, name: string): bigint {
  if (name === '.') return stats.of(folder).ino
  const node = folder.node?.children.get(name)
  if (node) return stats.of({ node, fd: node.mount?.fd }).ino
  if (name === '..' || folder.fd === undefined) return 0n
  try {
    return stats.ofDisk(lstatSync(pathBelow(folder.fd, name), { bigint: true })).ino
  } catch (error) {
    if (errnoOf(error) !== errno.noent) throw error
    return 0n
  }
}

/** The mounts below and the host's entries, sorted by bytes. */
export function listFolder(folder: Folder): FolderEntry[] {
  const mounts = [...(folder.node?.children ?? [])].map(([name, node]) => ({ name, type: typeOf(node) }))
  const hidden = new Set(mounts.map(({ name }) => name))
  const found = folder.fd === undefined ? [] : hostEntries(folder.fd)
  const below = found
    .filter(({ name }) => !hidden.has(name))
    .map((each) => ({ name: each.name, type: fileTypeOf(each) }))
  return [...mounts, ...below].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function hostEntries(fd: number): Dirent[] {
  const entries: Dirent[] = []
  const folder = opendirSync(pathOf(fd), { encoding: 'latin1', bufferSize: 256 })
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      if (entries.push(entry) > entryLimit) fail('nomem')
    }
    return entries
  } finally {
    folder.closeSync()
  }
}

const typeOf = (node: TreeNode): number =>
  node.mount && !node.mount.isFolder ? fileType.regularFile : fileType.directory
