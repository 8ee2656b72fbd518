import type { Mount } from '../protocol/run-order.ts'
import { close, holdTrusted, statOf } from './host-file.ts'

/** A file or folder of this machine that the guest sees, held open from the start of the run to its end. */
export type OpenMount = {
  fd: number
  isFolder: boolean
  isReadOnly: boolean
  isOutput: boolean
  /** The same for the same file or folder of the host. */
  identity: string
}

/** A folder that exists only for the guest, on the way to a mount; or the mount itself. */
export type TreeNode = {
  readonly number: number
  readonly parent: TreeNode | undefined
  readonly children: Map<string, TreeNode>
  mount?: OpenMount
}

/** The guest's root: mounts at their places, and the folders that lead to them. The longest prefix wins. */
export class MountTree {
  readonly root: TreeNode = { number: 1, parent: undefined, children: new Map() }
  #count = 1

  /** Opens every mount; throws the system's error when one is not there. */
  constructor(mounts: readonly Mount[]) {
    try {
      for (const mount of mounts) this.#add(mount)
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    const closeFrom = (node: TreeNode): void => {
      if (node.mount) close(node.mount.fd)
      for (const child of node.children.values()) closeFrom(child)
    }
    closeFrom(this.root)
  }

  #add({ guestPath, hostPath, isReadOnly, isOutput = false }: Mount): void {
    const names = Buffer.from(guestPath, 'utf8').toString('latin1').split('/')
    let node = this.root
    for (const name of names.filter((each) => each !== '' && each !== '.')) node = this.#child(node, name)
    const fd = holdTrusted(hostPath)
    const stat = statOf(fd)
    if (node.mount) close(node.mount.fd)
    node.mount = { fd, isFolder: stat.isDirectory(), isReadOnly, isOutput, identity: `${stat.dev}:${stat.ino}` }
  }

  #child(parent: TreeNode, name: string): TreeNode {
    const known = parent.children.get(name)
    if (known) return known
    this.#count += 1
    const child: TreeNode = { number: this.#count, parent, children: new Map() }
    parent.children.set(name, child)
    return child
  }
}
