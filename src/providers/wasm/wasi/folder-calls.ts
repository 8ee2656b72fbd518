import { linkSync, mkdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { fail } from './errno.ts'
import { pathBelow } from './host-file.ts'
import type { TreeNode } from './mount-tree.ts'
import { requireWritable } from './open-file.ts'
import { type Folder, type Place, withPlace } from './walk.ts'

/** A folder descriptor of the guest and a path from there. */
export type From = { folder: Folder; path: string }

/** Calls that make, move and remove names. Every name is one component below a folder that is held open. */
export class FolderCalls {
  readonly #root: TreeNode

  constructor(root: TreeNode) {
    this.#root = root
  }

  makeDirectory(from: From): void {
    this.#withName(from, (place) => {
      if (exists(place)) fail('exist')
      mkdirSync(writablePath(place), 0o777)
    })
  }

  removeDirectory(from: From): void {
    this.#withName(from, (place) => {
      if (!exists(place)) fail('noent')
      rmdirSync(writablePath(place))
    })
  }

  unlink(from: From): void {
    this.#withName(from, (place) => {
      if (!exists(place)) fail('noent')
      if (place.isFolderWanted && !place.stat?.isDirectory()) fail('notdir')
      if (place.stat?.isDirectory()) fail('isdir')
      unlinkSync(writablePath(place))
    })
  }

  rename(old: From, fresh: From): void {
    this.#withTwo(old, fresh, (from, to) => {
      if (to.isFolderWanted && !from.stat?.isDirectory()) fail('notdir')
      renameSync(writablePath(from), writablePath(to))
    })
  }

  /** A second name of a file; within one mount, so nothing read-only gets a writable name. */
  link(old: From, isLinkFollowed: boolean, fresh: From): void {
    if (isLinkFollowed) fail('inval')
    this.#withTwo(old, fresh, (from, to) => {
      if (from.stat?.isDirectory()) fail('perm')
      if (from.isFolderWanted) fail('notdir')
      if (to.isFolderWanted) fail('noent')
      linkSync(writablePath(from), writablePath(to))
    })
  }

  /**
   * Makes a link. Targets that are absolute or climb are refused: the guest itself could not leave through them, but
   * whoever reads the results on the host might.
   */
  symlink(target: string, from: From): void {
    if (target === '') fail('noent')
    if (target.startsWith('/') || target.split('/').includes('..')) fail('perm')
    this.#withName(from, (place) => {
      if (exists(place)) fail('exist')
      if (place.isFolderWanted) fail('noent')
      symlinkSync(Buffer.from(target, 'latin1'), writablePath(place))
    })
  }

  /** The text of a link, one character per byte. */
  readlink(from: From): string {
    return withPlace(this.#root, from.folder, from.path, false, (place) => {
      if (!exists(place)) fail('noent')
      if (!place.stat?.isSymbolicLink() || place.parent?.fd === undefined) return fail('inval')
      return readlinkSync(pathBelow(place.parent.fd, place.name), 'latin1')
    })
  }

  #withName(from: From, use: (place: Place) => void): void {
    // A name is changed, not what a link of that name leads to: the slash behind it must not make it followed.
    const path = from.path.replace(/(?<=[^/])\/+$/, '')
    withPlace(this.#root, from.folder, path, false, (place) =>
      use({ ...place, isFolderWanted: path.length < from.path.length }),
    )
  }

  #withTwo(old: From, fresh: From, use: (from: Place, to: Place) => void): void {
    this.#withName(old, (from) => {
      if (!exists(from)) fail('noent')
      this.#withName(fresh, (to) => {
        requireWritable(from)
        requireWritable(to)
        if (from.mount !== to.mount) fail('xdev')
        use(from, to)
      })
    })
  }
}

const exists = (place: Place): boolean => place.node !== undefined || place.fd !== undefined

/** The place of a name as the system takes it; names of the guest's own tree cannot be changed. */
function writablePath(place: Place): string | Buffer {
  if (place.node !== undefined || place.name === '') fail('busy')
  requireWritable(place)
  if (place.parent?.fd === undefined) return fail('rofs')
  return pathBelow(place.parent.fd, place.name)
}
