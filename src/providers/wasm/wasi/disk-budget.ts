import { lstatSync, readdirSync } from 'node:fs'
import { inside } from '#lib/byte-path.ts'
import { namesBytes } from '#lib/names-bytes.ts'
import type { DescriptorTable } from './descriptor-table.ts'
import { pathOf, statOf } from './host-file.ts'
import type { MountTree, TreeNode } from './mount-tree.ts'

/** Written between two looks at the disk, when they would follow each other closely; more, where a look takes long. */
const stepBytes = 1_048_576
const stepBytesPerEntry = 64

type Use = { bytes: number; entries: number }

const takenBytes = ({ bytes, entries }: Use): number => bytes + namesBytes(entries)

/**
 * What a program writes, against what its job asked for (X6). Every byte written and every name made is counted; when the sum
 * passes the limit, its folders are looked at, because files may have been written over or removed again.
 */
export class DiskBudget {
  readonly limitBytes: number
  readonly #tree: MountTree
  readonly #descriptors: DescriptorTable
  #used: Use = { bytes: 0, entries: 0 }
  #nextLookBytes: number

  constructor(tree: MountTree, descriptors: DescriptorTable, limitBytes = Number.POSITIVE_INFINITY) {
    this.#tree = tree
    this.#descriptors = descriptors
    this.limitBytes = limitBytes
    this.#nextLookBytes = limitBytes
  }

  /** The bytes in use when that is too much; else nothing. */
  spend(spent: Use): number | undefined {
    this.#used = sum(this.#used, spent)
    if (takenBytes(this.#used) <= this.#nextLookBytes) return undefined
    const found = sum(this.#look(), spent)
    const foundBytes = takenBytes(found)
    if (foundBytes > this.limitBytes) return foundBytes
    this.#used = found
    const step = Math.max(stepBytes, found.entries * stepBytesPerEntry)
    this.#nextLookBytes = Math.max(this.limitBytes, foundBytes + step)
    return undefined
  }

  #look(): Use {
    try {
      return writableFolders(this.#tree.root)
        .map((fd) => useOf(pathOf(fd)))
        .reduce(sum, { bytes: removedBytes(this.#descriptors), entries: 0 })
    } catch {
      return this.#used
    }
  }
}

const sum = (one: Use, other: Use): Use => ({
  bytes: one.bytes + other.bytes,
  entries: one.entries + other.entries,
})

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

/** What is in a folder, without following links. */
function useOf(root: string): Use {
  const use = { bytes: 0, entries: 0 }
  const waiting: Buffer[] = [Buffer.from(`${root}/`)]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      use.entries += 1
      const path = inside(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      else use.bytes += lstatSync(path).size
    }
  }
  return use
}
