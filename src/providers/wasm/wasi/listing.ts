import { type Dirent, opendirSync } from 'node:fs'
import type { FolderDescriptor, FolderEntry } from './descriptor-table.ts'
import { fail } from './errno.ts'
import { fileType, fileTypeOf } from './file-type.ts'
import type { GuestMemory } from './guest-memory.ts'
import { pathOf } from './host-file.ts'
import type { TreeNode } from './mount-tree.ts'
import type { Folder } from './walk.ts'

const headerBytes = 24
const entryLimit = 1_000_000
const dots: readonly FolderEntry[] = ['.', '..'].map((name) => ({ name, type: fileType.directory }))

/**
 * `fd_readdir`: fills the buffer from the entry `cookie` on and returns the bytes used; less than the buffer = the end.
 * The last entry may be cut, as the interface wants it. The listing is taken anew each time it is read from its start.
 */
export function readFolder(
  descriptor: FolderDescriptor,
  cookie: bigint,
  memory: GuestMemory,
  pointer: number,
  sizeBytes: number,
): number {
  const buffer = memory.bytes(pointer, sizeBytes)
  const entries = (cookie === 0n ? undefined : descriptor.entries) ?? [...dots, ...listFolder(descriptor.folder)]
  descriptor.entries = entries
  let used = 0
  for (let index = Number(cookie); index < entries.length && used < sizeBytes; index += 1) {
    const record = recordOf(entries[index] as FolderEntry, index + 1)
    const taken = record.subarray(0, sizeBytes - used)
    buffer.set(taken, used)
    used += taken.length
  }
  return used
}

function recordOf(entry: FolderEntry, next: number): Buffer {
  const record = Buffer.alloc(headerBytes + entry.name.length)
  record.writeBigUInt64LE(BigInt(next), 0)
  record.writeUInt32LE(entry.name.length, 16)
  record.writeUInt8(entry.type, 20)
  record.write(entry.name, headerBytes, 'latin1')
  return record
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
