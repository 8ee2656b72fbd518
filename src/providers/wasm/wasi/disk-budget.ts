import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DescriptorTable } from './descriptor-table.ts'
import { pathOf, statOf } from './host-file.ts'
import type { MountTree, TreeNode } from './mount-tree.ts'

/** Looking at more files than this would cost more than it saves. */
const entryLimit = 100_000
/** Written between two looks at the disk, when they would follow each other closely. */
const stepBytes = 1_048_576

/**
 * What a program writes, against what its job asked for (X6). Every byte written is counted; when the sum passes the
 * limit, its folders are looked at, because files may have been written over or removed again.
 */
export class DiskBudget {
  readonly limitBytes: number
  readonly #tree: MountTree
  readonly #descriptors: DescriptorTable
  #usedBytes = 0
  #nextLookBytes: number

  constructor(tree: MountTree, descriptors: DescriptorTable, limitBytes = Number.POSITIVE_INFINITY) {
    this.#tree = tree
    this.#descriptors = descriptors
    this.limitBytes = limitBytes
    this.#nextLookBytes = limitBytes
  }

  /** The bytes in use when that is too much; else nothing. */
  spend(bytes: number): number | undefined {
    this.#usedBytes += bytes
    if (this.#usedBytes <= this.#nextLookBytes) return undefined
    const foundBytes = this.#look() + bytes
    if (foundBytes > this.limitBytes) return foundBytes
    this.#usedBytes = foundBytes
    this.#nextLookBytes = Math.max(this.limitBytes, foundBytes + stepBytes)
    return undefined
  }

  #look(): number {
    const folders = writableFolders(this.#tree.root)
    try {
      return folders.reduce((sum, fd) => sum + folderSizeBytes(pathOf(fd)), removedBytes(this.#descriptors))
    } catch {
      return this.#usedBytes
    }
  }
}

/** Files that have no name any more take their room until they are closed. */
function removedBytes(descriptors: DescriptorTable): number {
  const stats = [...descriptors.openFiles()].map(({ fd }) => statOf(fd))
  return stats.reduce((sum, { nlink, size }) => sum + (nlink === 0 ? size : 0), 0)
}

/** Each of the host's folders once, in however many places it is mounted. */
function writableFolders(root: TreeNode): number[] {
  const seen = new Map<string, number>()
  const visit = ({ mount, children }: TreeNode): void => {
    if (mount?.isOutput) seen.set(mount.identity, mount.fd)
    for (const child of children.values()) visit(child)
  }
  visit(root)
  return [...seen.values()]
}

/** What a folder takes, without following links. */
function folderSizeBytes(root: string): number {
  let sizeBytes = 0
  let seen = 0
  const waiting = [`${root}/`]
  for (let folder = waiting.pop(); folder !== undefined && seen < entryLimit; folder = waiting.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      seen += 1
      const path = join(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      else sizeBytes += lstatSync(path).size
    }
  }
  return sizeBytes
}
