import { assert } from '#lib/assert.ts'
import type { ModuleRef } from '../protocol/run-order.ts'
import type { FileDescriptor, FolderDescriptor } from '../wasi/descriptor-table.ts'
import { errnoOf } from '../wasi/errno.ts'
import { close, statOf } from '../wasi/host-file.ts'
import { listFolder } from '../wasi/listing.ts'
import { MountTree, type TreeNode } from '../wasi/mount-tree.ts'
import { openFile } from '../wasi/open-file.ts'
import { right } from '../wasi/rights.ts'
import { type Folder, folderOf } from '../wasi/walk.ts'
import { ModuleProblem } from './module-problem.ts'
import { checkSize, readWhole } from './module-store.ts'

const reading = {
  isLinkFollowed: true,
  openFlags: 0,
  fdFlags: 0,
  rights: right.fdRead | right.fdReaddir,
  inheriting: 0n,
}

/**
 * The bytes of a module. Found with the guest's own walk, so that nothing an input contains (links, FIFOs, devices)
 * leads anywhere else. A folder stands for the one file in it; inside the guest's tree, for the one `.wasm` file.
 */
export function readModule(ref: ModuleRef, guestRoot: TreeNode, limitBytes: number): Uint8Array {
  if ('base64' in ref.place) return readInline(ref.place.base64, limitBytes)
  if ('guestPath' in ref.place) return readFrom(guestRoot, ref.place.guestPath, ref, limitBytes)
  const tree = new MountTree([{ guestPath: '/module', hostPath: ref.place.hostPath, isReadOnly: true }])
  try {
    return readFrom(tree.root, '/module', ref, limitBytes)
  } finally {
    tree.close()
  }
}

function readInline(base64: string | null, limitBytes: number): Uint8Array {
  assert(base64 !== null, 'a module that is not sent is compiled here')
  checkSize(Buffer.byteLength(base64, 'base64'), limitBytes)
  return Buffer.from(base64, 'base64')
}

function readFrom(root: TreeNode, path: string, ref: ModuleRef, limitBytes: number): Uint8Array {
  const opened = open(root, folderOf(root), path, ref)
  if (opened.kind === 'file') return readOpen(opened, limitBytes)
  try {
    const inner = open(root, opened.folder, onlyFile(opened, ref), ref)
    if (inner.kind === 'file') return readOpen(inner, limitBytes)
    closeFolder(inner)
    throw notFound(ref)
  } finally {
    closeFolder(opened)
  }
}

function open(root: TreeNode, folder: Folder, path: string, ref: ModuleRef): FileDescriptor | FolderDescriptor {
  try {
    return openFile(root, folder, path, reading) as FileDescriptor | FolderDescriptor
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw notFound(ref)
  }
}

function readOpen(file: FileDescriptor, limitBytes: number): Uint8Array {
  try {
    return readWhole(file.fd, statOf(file.fd).size, limitBytes)
  } finally {
    close(file.fd)
  }
}

/** The guest's own folders belong to the guest. */
function closeFolder({ folder }: FolderDescriptor): void {
  if (folder.node === undefined && folder.fd !== undefined) close(folder.fd)
}

function onlyFile(folder: FolderDescriptor, ref: ModuleRef): string {
  const isInGuest = 'guestPath' in ref.place
  const names = listFolder(folder.folder)
    .map(({ name }) => name)
    .filter((name) => !isInGuest || name.endsWith('.wasm'))
  const [name] = names
  if (name !== undefined && names.length === 1) return name
  if (isInGuest) throw notFound(ref, `: the folder has ${names.length} files that end in .wasm, not 1`)
  throw new ModuleProblem(`should be 1 file in ${ref.title} but there are ${names.length}`)
}

function notFound({ title, place }: ModuleRef, why = ''): ModuleProblem {
  const message = `module not found: ${JSON.stringify(title)}${why}`
  return new ModuleProblem(message, 'guestPath' in place ? { hint: guestPathHint } : {})
}

const guestPathHint =
  'This is a path in the inputs of the job, not on your machine: check their Target, or give the module as a source, as `bacalhau wasm run ./FILE` does'
