import { readlinkSync, type Stats } from 'node:fs'
import { errno, errnoOf, fail } from './errno.ts'
import { close, holdBelow, pathBelow, statOf } from './host-file.ts'
import type { OpenMount, TreeNode } from './mount-tree.ts'

/** A folder the walk stands in: one of the guest's own tree, one of a mount, or both (a mount's root). */
export type Folder = {
  node: TreeNode | undefined
  mount: OpenMount | undefined
  /** The host's folder, held; absent where there are only mounts below. */
  fd: number | undefined
}

/** Where a path leads. */
export type Place = {
  /** The folder the last name stands in; absent when the path ends in no name of its own (`.`, `..`, `/`). */
  parent: Folder | undefined
  name: string
  /** Found, in the guest's own tree or below a mount; both absent = there is nothing of that name. */
  node: TreeNode | undefined
  fd: number | undefined
  stat: Stats | undefined
  mount: OpenMount | undefined
  /** The path ended in `/`. */
  isFolderWanted: boolean
}

const linkLimit = 40
const depthLimit = 256

/**
 * Follows a path of the guest and calls `use` with the place it leads to; everything held on the way is let go afterwards.
 *
 * Nothing outside the mounts is ever touched: each name is taken hold of below the folder held before it, links are never
 * followed by the system but read and continued here, and `..` goes back to what is held, never to the disk's parent.
 * From the root `..` stays at the root and absolute links begin there; from any other folder `..` above it is refused.
 */
export function withPlace<Result>(
  root: TreeNode,
  start: Folder,
  path: string,
  isLastLinkFollowed: boolean,
  use: (place: Place) => Result,
): Result {
  if (path === '') fail('noent')
  const walk = new Walk(root, start)
  try {
    return use(walk.go(path, isLastLinkFollowed))
  } finally {
    walk.close()
  }
}

/** What a guest's root is, as a folder to start from. */
export const folderOf = (node: TreeNode): Folder => ({
  node,
  mount: node.mount,
  fd: node.mount?.isFolder ? node.mount.fd : undefined,
})

class Walk {
  readonly #root: TreeNode
  #folders: Folder[]
  readonly #held: number[] = []
  #links = 0

  constructor(root: TreeNode, start: Folder) {
    this.#root = root
    this.#folders = [start]
  }

  go(path: string, isLastLinkFollowed: boolean): Place {
    const isFolderWanted = path.endsWith('/')
    const names = path.split('/').reverse()
    if (path.startsWith('/')) this.#folders = [folderOf(this.#root)]
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name === '' || name === '.') continue
      if (name === '..') {
        this.#leave()
        continue
      }
      const isLast = names.every((each) => each === '')
      const found = this.#find(name)
      if (found.stat?.isSymbolicLink() && (!isLast || isLastLinkFollowed || isFolderWanted)) {
        this.#followLink(found, names)
        continue
      }
      if (isLast) return { ...found, isFolderWanted }
      this.#enter(found)
    }
    return this.#here()
  }

  close(): void {
    for (const fd of this.#held) close(fd)
  }

  get #folder(): Folder {
    return this.#folders.at(-1) as Folder
  }

  #find(name: string): Omit<Place, 'isFolderWanted'> {
    const parent = this.#folder
    const node = parent.node?.children.get(name)
    if (node) {
      const fd = node.mount?.fd
      return { parent, name, node, fd, stat: fd === undefined ? undefined : statOf(fd), mount: node.mount }
    }
    const fd = parent.fd === undefined ? undefined : this.#hold(parent.fd, name)
    const stat = fd === undefined ? undefined : statOf(fd)
    return { parent, name, node: undefined, fd, stat, mount: parent.mount }
  }

  #hold(folderFd: number, name: string): number | undefined {
    try {
      const fd = holdBelow(folderFd, name)
      this.#held.push(fd)
      return fd
    } catch (error) {
      if (errnoOf(error) === errno.noent) return undefined
      throw error
    }
  }

  #enter(found: Omit<Place, 'isFolderWanted'>): void {
    const { node, fd, stat, mount } = found
    if (node === undefined && fd === undefined) fail('noent')
    if (stat !== undefined && !stat.isDirectory()) fail('notdir')
    if (this.#folders.length >= depthLimit) fail('nametoolong')
    this.#folders.push({ node, mount, fd })
  }

  #leave(): void {
    if (this.#folders.length > 1) this.#folders.pop()
    else if (this.#folder.node?.parent) this.#folders = [folderOf(this.#folder.node.parent)]
    else if (this.#folder.node !== this.#root) fail('notcapable')
  }

  /** Puts the link's own names before those that are left. */
  #followLink(found: Omit<Place, 'isFolderWanted'>, names: string[]): void {
    this.#links += 1
    if (this.#links > linkLimit) fail('loop')
    const target = readlinkSync(pathBelow(found.parent?.fd as number, found.name), 'latin1')
    if (target === '') fail('noent')
    if (target.startsWith('/')) this.#folders = [folderOf(this.#root)]
    names.push(...target.split('/').reverse())
    if (names.length > depthLimit * 8) fail('nametoolong')
  }

  #here(): Place {
    const { node, mount, fd } = this.#folder
    const stat = fd === undefined ? undefined : statOf(fd)
    return { parent: undefined, name: '', node, fd, stat, mount, isFolderWanted: true }
  }
}
