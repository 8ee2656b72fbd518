import { fail } from './errno.ts'
import { close } from './host-file.ts'
import { allRights, folderRights, streamRights } from './rights.ts'
import type { Folder } from './walk.ts'

/** One entry of a listing. */
export type FolderEntry = { name: string; type: number }

type Common = { rights: bigint; inheriting: bigint; flags: number }
/** The position is ours: Node cannot seek, so every read and write says where. */
export type FileDescriptor = Common & {
  kind: 'file'
  fd: number
  offset: number
  isReadable: boolean
  isWritable: boolean
  /** Whether its mount lets it be changed at all. */
  isReadOnly: boolean
}
export type FolderDescriptor = Common & {
  kind: 'folder'
  folder: Folder
  /** The name it was given to the guest under, before it ran. */
  preopenedAs?: string
  /** The listing being read; made when it is read from its start. */
  entries?: readonly FolderEntry[]
}
type StreamDescriptor = Common & { kind: 'stream'; stream: 0 | 1 | 2 }
export type Descriptor = FileDescriptor | FolderDescriptor | StreamDescriptor

const openLimit = 1024

/** What the guest has open, by its own numbers. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>()

  /** Standard input (always at its end), output and error, and the root as the one preopened folder. */
  constructor(root: Folder) {
    for (const stream of [0, 1, 2] as const) {
      this.add({ kind: 'stream', stream, rights: streamRights, inheriting: 0n, flags: 0 })
    }
    this.add({ kind: 'folder', folder: root, preopenedAs: '/', rights: folderRights, inheriting: allRights, flags: 0 })
  }

  get(number: number): Descriptor {
    return this.#open.get(number) ?? fail('badf')
  }

  file(number: number): FileDescriptor {
    const found = this.get(number)
    if (found.kind === 'file') return found
    return fail(found.kind === 'folder' ? 'isdir' : 'spipe')
  }

  folder(number: number): FolderDescriptor {
    const found = this.get(number)
    return found.kind === 'folder' ? found : fail('notdir')
  }

  /** Takes the lowest free number; when the table is full, what was opened is closed again. */
  add(descriptor: Descriptor): number {
    if (this.#open.size >= openLimit) {
      release(descriptor)
      fail('mfile')
    }
    let number = 0
    while (this.#open.has(number)) number += 1
    this.#open.set(number, descriptor)
    return number
  }

  close(number: number): void {
    const descriptor = this.get(number)
    this.#open.delete(number)
    release(descriptor)
  }

  /** Moves `from` to `to`, which is closed first; both must be open. */
  renumber(from: number, to: number): void {
    const moved = this.get(from)
    this.get(to)
    if (from === to) return
    this.close(to)
    this.#open.delete(from)
    this.#open.set(to, moved)
  }

  *openFiles(): Iterable<FileDescriptor> {
    for (const descriptor of this.#open.values()) if (descriptor.kind === 'file') yield descriptor
  }

  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number)
  }
}

/** Folders of the guest's own tree, mounts included, belong to the tree. */
function release(descriptor: Descriptor): void {
  if (descriptor.kind === 'file') close(descriptor.fd)
  if (descriptor.kind === 'folder' && descriptor.folder.node === undefined && descriptor.folder.fd !== undefined) {
    close(descriptor.folder.fd)
  }
}
